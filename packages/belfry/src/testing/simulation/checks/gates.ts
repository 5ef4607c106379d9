import type { Commit, RunImage } from "../commits.ts";
import type { Delta } from "../history.ts";
import { type Facts, holdsSlot, waitsForSlot } from "./facts.ts";
import { demand } from "./violation.ts";

/** What the store takes for no limit. */
const UNLIMITED = Number.MAX_SAFE_INTEGER;

/** I12, I13: limits hold after every commit, and no slot is ever lost. */
export class GatesCheck {
  readonly #held = new Map<string, number>();
  readonly #waiting = new Map<string, number>();

  check(commit: Commit, delta: Delta, facts: Facts): void {
    const before = new Map<string, number>();
    const touched = new Set<string>();
    for (const { before: was, after: is } of delta.runs) {
      const gate = (is ?? was)?.gate ?? null;
      if (gate === null) continue;
      touched.add(gate);
      if (!before.has(gate)) before.set(gate, this.#held.get(gate) ?? 0);
      add(this.#held, gate, Number(holdsSlot(is)) - Number(holdsSlot(was)));
      add(this.#waiting, gate, Number(waitsForSlot(is)) - Number(waitsForSlot(was)));
      const comes = is !== null && is.overlap == null && (was === null || was.overlap != null);
      if (comes) checkArrival(is, facts);
    }
    for (const { id, after } of delta.gates) {
      touched.add(id);
      if (after !== null) this.#checkLimit(id, after.max, facts);
      const used = (this.#held.get(id) ?? 0) + (this.#waiting.get(id) ?? 0);
      demand(
        after !== null || used === 0,
        "I12 the gate is there",
        () => `${commit.verb} forgot gate ${id}, at which are ${used}`,
      );
    }
    for (const gate of touched) {
      const held = this.#held.get(gate) ?? 0;
      this.#checkGate(gate, before.get(gate) ?? held, commit, facts);
    }
    this.#checkSkipped(delta, commit, facts);
  }

  #checkGate(gate: string, before: number, commit: Commit, facts: Facts): void {
    const held = this.#held.get(gate) ?? 0;
    const waiting = this.#waiting.get(gate) ?? 0;
    const max = facts.history.tables.gate.get(gate)?.max ?? 0;
    if (held > max) facts.gauges.hit("limit lowered below its holders");
    demand(
      held <= max || held <= before,
      "I12 limits",
      () => `gate ${gate} holds ${held} of ${max} after ${commit.verb}, before it ${before}`,
    );
    demand(
      waiting === 0 || held >= max,
      "I12 no leak",
      () => `gate ${gate} has ${held} of ${max} and ${waiting} wait after ${commit.verb}`,
    );
  }

  #checkLimit(gate: string, max: number, facts: Facts): void {
    const [name = gate] = gate.split(":");
    const task = facts.history.tables.task.get(name);
    if (task === undefined) return;
    const limit = facts.definition(task.definition).policies.concurrency.limit ?? UNLIMITED;
    demand(
      max === limit,
      "I12 the limit in force",
      () => `gate ${gate} has limit ${max}, ${name} has ${limit}`,
    );
  }

  /** What is skipped was skipped because its gate was full. */
  #checkSkipped(delta: Delta, commit: Commit, facts: Facts): void {
    if (commit.verb !== "plan" && commit.verb !== "claim") return;
    for (const { after } of delta.gaps) {
      if (after?.reason !== "overlap") continue;
      const { policies, task } = facts.definition(after.definition);
      // One that waited to replace another gives way when it is late, whatever is free by then.
      if (commit.verb === "claim" && policies.overlap === "replace") continue;
      if (policies.jitterMs > 0) facts.gauges.hit("jittered run met a full gate");
      facts.gauges.hit(policies.overlap === "replace" ? "overlap replace" : "overlap skip");
      const schedule = facts.history.tables.schedule.get(after.schedule);
      const gate = expectedGate(task, policies.concurrency, schedule?.payload ?? null);
      const held = this.#held.get(gate ?? "") ?? 0;
      const max = facts.history.tables.gate.get(gate ?? "")?.max ?? 0;
      demand(
        gate !== null && held >= max,
        "I13 skip",
        () => `${task} was skipped although gate ${gate} holds ${held} of ${max}`,
      );
    }
  }
}

function checkArrival(run: RunImage, facts: Facts): void {
  const { policies, task } = facts.definition(run.definition);
  const gate = expectedGate(task, policies.concurrency, run.payload);
  demand(
    run.gate === gate,
    "I12 the right gate",
    () => `a run of ${task} with ${run.payload} came to gate ${run.gate}, not ${gate}`,
  );
  if (run.table !== "pending" || run.live !== 1 || gate === null || run.parked === "paused") return;
  if (policies.overlap === "queue" && run.parked === "gate") facts.gauges.hit("overlap queue");
  demand(
    policies.overlap !== "skip" || run.slot === 1,
    "I13 skip",
    () => `a live run of ${task} waits although its policy is to skip`,
  );
}

function expectedGate(
  task: string,
  { limit, by }: { readonly limit: number | null; readonly by: string | null },
  payload: string | null,
): string | null {
  if (limit === null) return null;
  if (by === null) return task;
  const value: Readonly<Record<string, unknown>> = JSON.parse(payload ?? "{}");
  return `${task}:${JSON.stringify(value[by] ?? null)}`;
}

function add(counts: Map<string, number>, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
