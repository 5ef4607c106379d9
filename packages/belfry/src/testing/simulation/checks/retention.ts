import { type Commit, type DayImage, isCommitOf } from "../commits.ts";
import type { Delta } from "../history.ts";
import { localDay } from "../local-time.ts";
import type { Facts } from "./facts.ts";
import type { Touched } from "./ledger.ts";
import { demand } from "./violation.ts";
import { checkWitness } from "./witness.ts";

/** Of one task's local day. */
interface Account {
  /** Due instants that the ledger has. */
  entered: number;
  /** Those whose run or gap has a row. */
  kept: number;
}

const NOTHING: DayImage = {
  due: 0,
  succeeded: 0,
  failed: 0,
  cancelled: 0,
  missed: 0,
  passedOver: 0,
};

/**
 * What retention takes: it is over, older than that, and counted into its day in the same commit.
 * Of each day, what has a row and what was counted are together what was due: nothing is a hole.
 */
export class RetentionCheck {
  readonly #accounts = new Map<string, Account>();
  #taken = new Set<string>();

  check(commit: Commit, delta: Delta, touched: Touched, facts: Facts): void {
    const counts = new Counts();
    this.#takeRuns(delta, commit, counts, facts);
    takeGaps(delta, commit, counts, facts);
    checkDays(delta, commit, counts);
    const days = this.#account(delta, touched, facts);
    for (const day of days) this.#checkAccount(day, commit, facts);
  }

  /** Whether a run was there, and its time was up: since the last `forget`. */
  hasTaken(run: string): boolean {
    return this.#taken.has(run);
  }

  forget(): void {
    this.#taken = new Set();
  }

  #takeRuns(delta: Delta, commit: Commit, counts: Counts, facts: Facts): void {
    for (const { id, before, after } of delta.runs) {
      if (before?.table !== "history" || after !== null) continue;
      checkOld(`run ${id}`, before.dueAt, commit, facts);
      checkWitness(id, before, facts);
      facts.effects.forget(id);
      this.#taken.add(id);
      const day = dayOf(before.task, before.dueAt, facts);
      if (before.triggerKind === "schedule") counts.add(day, "due", 1);
      if (before.state !== undefined) counts.add(day, before.state, 1);
    }
  }

  /** @returns the days of which anything changed. */
  #account(delta: Delta, touched: Touched, facts: Facts): ReadonlySet<string> {
    const days = new Set<string>();
    const note = (day: string, what: keyof Account, more: number): void => {
      const account = this.#accounts.get(day) ?? { entered: 0, kept: 0 };
      account[what] += more;
      this.#accounts.set(day, account);
      days.add(day);
    };
    for (const [how, more] of [["entered", 1] as const, ["withdrawn", -1] as const]) {
      for (const [schedule, instants] of touched[how]) {
        const task = taskOf(schedule, facts);
        for (const at of instants) note(dayOf(task, at, facts), "entered", more);
      }
    }
    for (const { before, after } of delta.runs) {
      const run = before ?? after;
      if (run?.triggerKind !== "schedule") continue;
      const more = Number(after !== null) - Number(before !== null);
      if (more === 0) continue;
      note(dayOf(run.task, run.dueAt, facts), "kept", more);
    }
    for (const { before, after } of delta.gaps) {
      const gap = before ?? after;
      if (gap === null) continue;
      const day = dayOf(taskOf(gap.schedule, facts), gap.fromAt, facts);
      note(day, "kept", (after?.count ?? 0) - (before?.count ?? 0));
    }
    for (const { id } of delta.days) days.add(id);
    return days;
  }

  #checkAccount(day: string, commit: Commit, facts: Facts): void {
    const { entered, kept } = this.#accounts.get(day) ?? { entered: 0, kept: 0 };
    const counted = facts.history.tables.day.get(day)?.due ?? 0;
    demand(
      entered === kept + counted,
      "retention leaves no hole",
      () => `${day} has ${entered} due, ${kept} kept and ${counted} counted after ${commit.verb}`,
    );
  }
}

/** What rows that are gone come to, by day. */
class Counts {
  readonly byDay = new Map<string, DayImage>();

  add(day: string, what: keyof DayImage, more: number): void {
    const counts = this.byDay.get(day) ?? NOTHING;
    this.byDay.set(day, { ...counts, [what]: counts[what] + more });
  }
}

function takeGaps(delta: Delta, commit: Commit, counts: Counts, facts: Facts): void {
  for (const { id, before, after } of delta.gaps) {
    if (before === null || after !== null) continue;
    demand(commit.verb === "prune", "gaps are kept", () => `${commit.verb} deleted gap ${id}`);
    checkOld(`gap ${id}`, before.toAt, commit, facts);
    const day = dayOf(taskOf(before.schedule, facts), before.fromAt, facts);
    const missed = before.reason === "down" || before.reason === "late";
    counts.add(day, "due", before.count);
    counts.add(day, missed ? "missed" : "passedOver", before.count);
  }
}

/** Days change by what was taken, and by nothing else. */
function checkDays(delta: Delta, commit: Commit, { byDay }: Counts): void {
  const columns = ["due", "succeeded", "failed", "cancelled", "missed", "passedOver"] as const;
  const changed = new Map(delta.days.map((step) => [step.id, step]));
  for (const day of new Set([...byDay.keys(), ...changed.keys()])) {
    const { before = null, after = null } = changed.get(day) ?? {};
    const taken = byDay.get(day) ?? NOTHING;
    const right = columns.every(
      (column) => (after?.[column] ?? 0) - (before?.[column] ?? 0) === taken[column],
    );
    demand(
      right,
      "days count what was taken",
      () =>
        `${commit.verb} took ${JSON.stringify(taken)} of ${day} and made of ` +
        `${JSON.stringify(before)} ${JSON.stringify(after)}`,
    );
  }
}

function checkOld(what: string, dueAt: number, commit: Commit, facts: Facts): void {
  if (!isCommitOf(commit, "prune")) return;
  const [, , now] = commit.args;
  demand(
    dueAt < now - facts.retentionMs,
    "retention",
    () => `${what}, due ${dueAt}, was taken at ${now} and is kept for ${facts.retentionMs} ms`,
  );
}

function taskOf(schedule: string, facts: Facts): string {
  return facts.history.tables.schedule.get(schedule)?.task ?? "";
}

/** `TASK/2026-03-08`, as the store's key is. */
function dayOf(task: string, at: number, facts: Facts): string {
  const hash = facts.history.tables.task.get(task)?.definition;
  const timeZone = hash === undefined ? "UTC" : facts.definition(hash).timeZone;
  return `${task}/${localDay(timeZone, at)}`;
}
