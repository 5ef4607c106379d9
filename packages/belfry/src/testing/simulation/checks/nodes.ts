import { type Commit, isCommitOf, type NodeImage, type RunImage } from "../commits.ts";
import type { Delta, Step } from "../history.ts";
import type { Facts } from "./facts.ts";
import { demand } from "./violation.ts";

/** I6, I14: who is declared dead and why, who may claim, and what. */
export class NodesCheck {
  /** The latest instant by any clock so far: clocks may go back, due instants do not. */
  #highest = 0;

  check(commit: Commit, delta: Delta, facts: Facts): void {
    for (const step of delta.nodes) checkNode(step, commit, facts);
    if (isCommitOf(commit, "plan") || isCommitOf(commit, "trigger")) {
      this.#highest = Math.max(this.#highest, commit.args[1]);
    }
    if (isCommitOf(commit, "claim")) this.#checkClaim(commit, delta, facts);
    if (isCommitOf(commit, "renew")) gaugeRenewal(commit, delta, facts);
    if (!isCommitOf(commit, "kill") || "error" in commit.result) return;
    if (commit.result.answer === "held") facts.gauges.hit("reaper lost to a renewal");
  }

  #checkClaim(commit: Commit<"claim">, delta: Delta, facts: Facts): void {
    const [{ node, claimId }, now] = commit.args;
    this.#highest = Math.max(this.#highest, now);
    const row = facts.history.tables.node.get(node);
    // One that runs already may only have been asked to end, by who came to its gate.
    const taken = delta.runs.filter(
      ({ before, after }) => after?.table === "running" && before?.table !== "running",
    );
    if (row === undefined || row.state !== "alive") {
      facts.gauges.hit("claim of a dead node refused");
    } else if (row.leaseUntil < now) {
      facts.gauges.hit("claim without a lease refused");
    }
    for (const { id, before, after } of taken) {
      if (after === null || before === null) continue;
      demand(
        row?.state === "alive" && row.leaseUntil >= now,
        "I6 who may claim",
        () => `node ${node} claimed ${id} at ${now} with ${JSON.stringify(row)}`,
      );
      demand(
        facts.codeOf(node).has(after.task),
        "I14 capability",
        () => `node ${node} claimed ${id} of ${after.task}, whose code it lacks`,
      );
      demand(
        after.node === node && after.claimId === claimId,
        "I6 owner",
        () => `run ${id} was claimed by ${node} and runs on ${after.node}`,
      );
      checkStart(id, before, now, this.#highest, facts);
    }
  }
}

/** What may start: due, in time, not held, and let in. */
function checkStart(id: string, run: RunImage, now: number, highest: number, facts: Facts): void {
  // What waits at its gate may be let in and claimed in one commit.
  const due =
    run.dueAt <= highest && (run.readyAt ?? (run.parked === "gate" ? now : Infinity)) <= now;
  demand(due, "never early", () => `run ${id}, due ${run.dueAt}, was claimed at ${now}`);
  const inTime = (run.startBy ?? Infinity) >= now && (run.deadlineAt ?? Infinity) >= now;
  demand(inTime, "never late", () => `run ${id} was claimed at ${now}: ${JSON.stringify(run)}`);
  const task = facts.history.tables.task.get(run.task);
  const paused = task?.pauseBy != null && (task.pauseUntil ?? Infinity) > now;
  if (paused && run.forced === 1) facts.gauges.hit("forced while paused");
  demand(
    !paused || run.forced === 1,
    "pause",
    () => `run ${id} started while ${run.task} is paused`,
  );
  if (task !== undefined && task.enabled === 0) {
    demand(false, "removed", () => `run ${id} of the removed task ${run.task} started`);
  }
}

function checkNode({ id, before, after }: Step<NodeImage>, commit: Commit, facts: Facts): void {
  if (before === null || after === null) return;
  demand(
    before.state === "alive" || before.state === after.state,
    "dead is dead",
    () => `node ${id} was ${before.state} and is ${after.state}`,
  );
  demand(
    before.state === "alive" || before.leaseUntil === after.leaseUntil,
    "I6 renewal of the dead",
    () => `node ${id} is ${before.state} and had its lease renewed`,
  );
  if (before.state !== "alive" || after.state !== "dead") return;
  demand(isCommitOf(commit, "kill"), "I6 kill", () => `node ${id} was killed by ${commit.verb}`);
  if (!isCommitOf(commit, "kill")) return;
  const [, evidence, now] = commit.args;
  if (evidence === "proven") {
    facts.gauges.hit("death by proof");
    demand(facts.gone(id), "I6 proof", () => `node ${id} was proven dead and lives`);
    return;
  }
  facts.gauges.hit("death by expired lease");
  const expired = before.leaseUntil < now && before.leaseUntil < facts.now() + facts.skewMs();
  demand(
    expired,
    "I6 reaper's guard",
    () => `node ${id} was killed at ${now}, its lease runs until ${before.leaseUntil}`,
  );
}

function gaugeRenewal(commit: Commit<"renew">, delta: Delta, facts: Facts): void {
  const [, , now] = commit.args;
  const [step] = delta.nodes;
  if (step === undefined) facts.gauges.hit("renewal of a dead node refused");
  else if ((step.before?.leaseUntil ?? Infinity) < now) facts.gauges.hit("late renewal accepted");
}
