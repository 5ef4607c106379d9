import { type Commit, type IncidentImage, isCommitOf } from "../commits.ts";
import type { Delta, Step } from "../history.ts";
import type { Facts } from "./facts.ts";
import { demand } from "./violation.ts";

/** A failed run, or an occurrence that came too late, while the incident that it is in is open. */
interface Cause {
  /** Null: by hand, or of a schedule that is gone. */
  readonly schedule: string | null;
  readonly at: number;
  /** Of the successes that were known with it or later, one answers it. */
  answered: "yes" | "no";
  /** One that was known before answers it. */
  answeredBefore: "yes" | "no";
}

interface Success {
  readonly schedule: string | null;
  readonly startedAt: number;
}

/** Of each schedule's successes the latest start: it answers whatever an earlier one would. */
type Latest = ReadonlyMap<string | null, number>;

/**
 * Each failed run and each occurrence that came too late or was missed is in exactly one incident;
 * a task has at most one open, for exactly as long as something of it is unanswered; and each step
 * is told to each channel once.
 */
export class IncidentsCheck {
  readonly #counted = new Map<string, number>();
  /** What the incidents that are kept say, by task. */
  readonly #told = new Map<string, number>();
  readonly #open = new Map<string, Cause[]>();
  readonly #openIncidents = new Map<string, Set<string>>();
  readonly #latest = new Map<string, Latest>();

  check(commit: Commit, delta: Delta, facts: Facts): void {
    this.#followRows(delta, commit, facts);
    const causes = this.#causesOf(commit, delta, facts);
    const successes = successesOf(delta);
    const tasks = new Set([
      ...causes.keys(),
      ...successes.keys(),
      ...delta.incidents.map(({ before, after }) => (after ?? before)?.task ?? ""),
      ...delta.schedules.map(({ after }) => after?.task ?? ""),
      ...delta.tasks.map(({ id }) => id),
    ]);
    for (const task of tasks) {
      if (task === "") continue;
      this.#follow(task, causes.get(task) ?? [], successes.get(task) ?? [], facts);
      this.#checkAlone(task);
      this.#checkOpen(task, commit);
    }
    this.#checkCounts(delta);
    checkSteps(delta, commit, facts);
  }

  #followRows(delta: Delta, commit: Commit, facts: Facts): void {
    for (const { id, before, after } of delta.incidents) {
      const task = (after ?? before)?.task ?? "";
      add(this.#told, task, (after?.count ?? 0) - (before?.count ?? 0));
      const open = this.#openIncidents.get(task) ?? new Set();
      this.#openIncidents.set(task, open);
      if (after !== null && after.closedAt === null) open.add(id);
      else open.delete(id);
      if (before === null || after !== null) continue;
      checkSwept(id, before, commit, facts);
      add(this.#counted, task, -before.count);
    }
  }

  #causesOf(commit: Commit, delta: Delta, facts: Facts): Map<string, Cause[]> {
    const causes = new Map<string, Cause[]>();
    const note = (task: string, schedule: string | null, at: number): void => {
      const lives = facts.history.tables.schedule.get(schedule ?? "")?.enabled === 1;
      const cause: Cause = {
        schedule: lives ? schedule : null,
        at,
        answered: "no",
        answeredBefore: "no",
      };
      causes.set(task, [...(causes.get(task) ?? []), cause]);
      add(this.#counted, task, 1);
    };
    for (const { before, after } of delta.runs) {
      if (after?.state !== "failed" || before?.table === "history") continue;
      note(after.task, after.schedule, after.endedAt ?? 0);
    }
    const now = isCommitOf(commit, "plan") ? commit.args[1] : commit.args.at(-1);
    for (const { before, after } of delta.gaps) {
      if (after === null) continue;
      const missed = after.count - (before?.count ?? 0);
      const task = facts.history.tables.schedule.get(after.schedule)?.task ?? "";
      if (after.reason === "down") add(this.#counted, "", missed);
      if (after.reason !== "late") continue;
      for (let each = 0; each < missed; each++) note(task, after.schedule, Number(now));
    }
    return causes;
  }

  #follow(
    task: string,
    causes: readonly Cause[],
    successes: readonly Success[],
    facts: Facts,
  ): void {
    const before = this.#latest.get(task) ?? new Map();
    for (const cause of causes) {
      if (successesIn(before).some((success) => answers(success, cause)))
        cause.answeredBefore = "yes";
    }
    const { schedule, task: rows } = facts.history.tables;
    const open = [...(this.#open.get(task) ?? []), ...causes].filter(
      (cause) => cause.schedule === null || schedule.get(cause.schedule)?.enabled === 1,
    );
    for (const cause of open) {
      if (successes.some((success) => answers(success, cause))) cause.answered = "yes";
    }
    this.#open.set(task, rows.get(task)?.enabled === 1 ? open : []);
    this.#latest.set(task, withLater(before, successes));
  }

  #checkAlone(task: string): void {
    const open = [...(this.#openIncidents.get(task) ?? [])];
    demand(open.length <= 1, "one open incident a task", () => `${task} has ${open.join(", ")}`);
  }

  #checkOpen(task: string, commit: Commit): void {
    const causes = this.#open.get(task) ?? [];
    const unanswered = causes.filter(({ answered }) => answered === "no");
    const surely = unanswered.filter(({ answeredBefore }) => answeredBefore === "no");
    const open = this.#openIncidents.get(task)?.size ?? 0;
    const why = (): string => `after ${commit.verb}, of ${task}: ${JSON.stringify(causes)}`;
    demand(open === 1 || surely.length === 0, "open while something is unanswered", why);
    demand(open === 0 || unanswered.length > 0, "closed when all is answered", why);
    if (open === 0) this.#open.delete(task);
  }

  /** Nothing is in two incidents, nor in none. */
  #checkCounts(delta: Delta): void {
    const dirty = delta.incidents.length > 0 || delta.gaps.length > 0 || delta.runs.length > 0;
    if (!dirty) return;
    for (const [task, counted] of this.#counted) {
      const told = this.#told.get(task) ?? 0;
      demand(
        counted === told,
        "each cause in one incident",
        () => `${task === "" ? "downtimes" : task} had ${counted} causes, incidents say ${told}`,
      );
    }
  }
}

function successesOf(delta: Delta): Map<string, Success[]> {
  const successes = new Map<string, Success[]>();
  for (const { before, after } of delta.runs) {
    if (after?.state !== "succeeded" || before?.table === "history") continue;
    const { task, schedule, startedAt } = after;
    const success = { schedule, startedAt: startedAt ?? 0 };
    successes.set(task, [...(successes.get(task) ?? []), success]);
  }
  return successes;
}

function answers({ schedule, startedAt }: Success, cause: Cause): boolean {
  if (startedAt < cause.at) return false;
  return schedule === null || cause.schedule === null || schedule === cause.schedule;
}

function successesIn(latest: Latest): readonly Success[] {
  return [...latest].map(([schedule, startedAt]) => ({ schedule, startedAt }));
}

function withLater(latest: Latest, successes: readonly Success[]): Latest {
  const all = new Map(latest);
  for (const { schedule, startedAt } of successes) {
    all.set(schedule, Math.max(startedAt, all.get(schedule) ?? startedAt));
  }
  return all;
}

function add(counts: Map<string, number>, task: string, more: number): void {
  counts.set(task, (counts.get(task) ?? 0) + more);
}

/** An incident is forgotten when it is over for longer than retention; a downtime that missed nothing at once. */
function checkSwept(id: string, incident: IncidentImage, commit: Commit, facts: Facts): void {
  if (incident.kind === "down" && incident.count === 0) return;
  const now = isCommitOf(commit, "sweep") ? commit.args[1] : Number.NEGATIVE_INFINITY;
  demand(
    incident.closedAt !== null && incident.closedAt < now - facts.retentionMs,
    "an incident is kept",
    () => `${commit.verb} at ${now} forgot ${id}: ${JSON.stringify(incident)}`,
  );
}

/** Whoever opens or closes tells each channel of the definition in force, and nobody else does. */
function checkSteps(delta: Delta, commit: Commit, facts: Facts): void {
  const wanted = new Set<string>();
  for (const step of delta.incidents) {
    if (step.after === null) continue;
    for (const name of stepsOf(step)) {
      for (const channel of channelsOf(step.after, facts)) {
        wanted.add(`${step.id}/${name}/${channel}`);
      }
      gauge(name, step, commit, facts);
    }
    if (stepsOf(step).length === 0) facts.gauges.hit("incident joined");
  }
  const written = delta.outbox.filter(
    ({ before, after }) => before === null && after?.kind === "alert",
  );
  const down = delta.incidents.some(({ after }) => after?.kind === "down");
  for (const { id } of written) {
    demand(
      down || wanted.has(id),
      "an alert for each step and channel",
      () => `${commit.verb} wrote ${id}; wanted were ${[...wanted].join(" ")}`,
    );
    wanted.delete(id);
  }
  demand(
    wanted.size === 0,
    "an alert for each step and channel",
    () => `${commit.verb} did not write ${[...wanted].join(" ")}`,
  );
}

function stepsOf({ before, after }: Step<IncidentImage>): readonly ("opened" | "closed")[] {
  if (after === null || after.kind === "down") return [];
  return [
    ...(before === null ? (["opened"] as const) : []),
    ...(after.closedAt !== null && before?.closedAt == null ? (["closed"] as const) : []),
  ];
}

function channelsOf(incident: IncidentImage | null, facts: Facts): readonly string[] {
  const task = facts.history.tables.task.get(incident?.task ?? "");
  return task === undefined ? [] : facts.definition(task.definition).watch.alerts;
}

function gauge(
  step: "opened" | "closed",
  { after }: Step<IncidentImage>,
  commit: Commit,
  facts: Facts,
): void {
  if (step === "opened") {
    facts.gauges.hit("incident opened");
    return;
  }
  const enabled = facts.history.tables.task.get(after?.task ?? "")?.enabled === 1;
  const removed = !enabled || isCommitOf(commit, "adopt") || isCommitOf(commit, "removeSchedule");
  facts.gauges.hit(removed ? "incident closed by a removal" : "incident closed by a success");
}
