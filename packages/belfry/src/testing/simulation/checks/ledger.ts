import type { Policies } from "../../../core/definition.ts";
import type { GapReason } from "../../../core/run.ts";
import {
  type Commit,
  type GapImage,
  isCommitOf,
  type RunImage,
  type ScheduleImage,
  type TaskImage,
} from "../commits.ts";
import type { Delta, Step } from "../history.ts";
import { Book } from "./book.ts";
import type { Facts } from "./facts.ts";
import { demand } from "./violation.ts";

/** With `catchUp: none`, how late an occurrence may be planned; and the cap of `all`. */
const IN_TIME_MS = 60_000;
const CATCH_UP_MAX = 1_000;

/**
 * I1 to I4: the book of every due instant of every schedule. Each is entered exactly once, as a
 * run or within a gap, by the commit that moves the cursor over it; and what is entered is due.
 */
export class LedgerCheck {
  readonly #books = new Map<string, Book>();

  /** @returns the instants that were entered and withdrawn. */
  check(commit: Commit, delta: Delta, facts: Facts): Touched {
    const touched = new Touched();
    this.#enterRuns(delta, touched, facts);
    for (const gap of delta.gaps) this.#enterGap(gap, touched, commit, delta, facts);
    for (const [schedule, instants] of touched.withdrawn) {
      for (const at of instants) {
        demand(
          this.#book(schedule).has(at),
          "I3 accounting",
          () => `${commit.verb} withdrew ${schedule} ${iso(at)} without a gap`,
        );
      }
    }
    const offBefore = new Set(
      delta.tasks.filter(({ before }) => before?.enabled !== 1).map(({ id }) => id),
    );
    for (const step of delta.schedules) {
      this.#checkCursor(step, offBefore.has(step.before?.task ?? ""), commit, facts);
    }
    this.#checkRange(touched, commit, delta);
    if (isCommitOf(commit, "plan")) this.#checkPlans(commit, touched, facts);
    return touched;
  }

  /** Whether an instant of a schedule is accounted for. */
  has(schedule: string, at: number): boolean {
    return this.#book(schedule).has(at);
  }

  /** Forgets what the cursors have passed and whose runs have ended. */
  close({ history }: Facts): void {
    const { pending, running, schedule } = history.tables;
    const isOpen = (run: string): boolean => pending.has(run) || running.has(run);
    for (const [id, { cursorAt }] of schedule) this.#book(id).close(cursorAt, isOpen);
  }

  #book(schedule: string): Book {
    const known = this.#books.get(schedule);
    if (known !== undefined) return known;
    const book = new Book();
    this.#books.set(schedule, book);
    return book;
  }

  #enterRuns(delta: Delta, touched: Touched, facts: Facts): void {
    for (const { id, before, after } of delta.runs) {
      const run = before ?? after;
      if (run === null || run.schedule === null || run.triggerKind !== "schedule") continue;
      const book = this.#book(run.schedule);
      const { schedule, dueAt } = run;
      if (before === null) {
        demand(
          !book.has(dueAt),
          "I1 uniqueness",
          () => `${schedule} ${iso(dueAt)} became run ${id} and was accounted for already`,
        );
        book.enter(dueAt, { run: id });
        touched.add("entered", schedule, dueAt);
        checkReady(id, run, facts);
      } else if (after === null && before.table !== "history") {
        book.withdraw(dueAt);
        touched.add("withdrawn", schedule, dueAt);
      }
    }
  }

  #enterGap(
    { before, after }: Step<GapImage>,
    touched: Touched,
    commit: Commit,
    delta: Delta,
    facts: Facts,
  ): void {
    if (after === null) return;
    const { schedule, fromAt, toAt, reason } = after;
    const grows =
      before === null ||
      (before.fromAt === fromAt && before.reason === reason && toAt > before.toAt);
    demand(
      grows,
      "I3 gaps only grow",
      () => `${JSON.stringify(before)} → ${JSON.stringify(after)}`,
    );
    const rule = ruleBefore(schedule, delta, facts);
    const instants = facts.oracle.due(rule?.parts ?? "[]", before?.toAt ?? fromAt - 1, toAt);
    const counted = after.count - (before?.count ?? 0);
    demand(
      instants.length === counted && instants.includes(toAt),
      "I3 gap counts",
      () =>
        `gap ${schedule} ${iso(fromAt)}–${iso(toAt)} ${reason} by ${commit.verb} counts ${counted}, ` +
        `due were ${instants.map(iso)}`,
    );
    const book = this.#book(schedule);
    for (const at of instants) {
      demand(
        !book.has(at),
        "I3 disjoint",
        () => `${schedule} ${iso(at)} is ${JSON.stringify(book.get(at))} and in gap ${reason}`,
      );
      book.enter(at, { gap: reason });
      touched.add("entered", schedule, at);
    }
    facts.gauges.hit(gaugeOf(reason), counted);
  }

  /** I4: the cursor never goes back, and all that it passes by the old rule is in the book. */
  #checkCursor(
    { id, before, after }: Step<ScheduleImage>,
    taskWasOff: boolean,
    commit: Commit,
    facts: Facts,
  ): void {
    if (after === null) return;
    this.#checkNext(id, after, commit, facts);
    if (before === null) return;
    const { task, key } = before;
    demand(
      after.cursorAt >= before.cursorAt,
      "I4 cursor",
      () => `${task}/${key} went back from ${iso(before.cursorAt)} to ${iso(after.cursorAt)}`,
    );
    if (before.enabled === 0 || taskWasOff) return;
    checkWithdrawn(id, before, after, facts);
    const book = this.#book(id);
    for (const at of facts.oracle.due(before.parts, before.cursorAt, after.cursorAt)) {
      demand(
        book.has(at),
        "I3 accounting",
        () => `${commit.verb} by ${commit.by} passed over ${task}/${key} at ${iso(at)} in silence`,
      );
    }
  }

  /** A schedule that is looked at later than it is due would be late for ever. */
  #checkNext(id: string, after: ScheduleImage, commit: Commit, facts: Facts): void {
    if (after.enabled === 0) return;
    const due = facts.oracle.next(after.parts, after.cursorAt);
    if (due === null) return;
    demand(
      after.nextAt !== null && after.nextAt <= due,
      "L1 next",
      () => `${commit.verb} says ${id} is due next at ${after.nextAt}, it is at ${iso(due)}`,
    );
  }

  /** I2, I4: what is entered anew lies in the range that a plan passes, or was withdrawn. */
  #checkRange(touched: Touched, commit: Commit, delta: Delta): void {
    const moved = new Map(delta.schedules.map((step) => [step.id, step]));
    for (const [schedule, instants] of touched.entered) {
      const step = moved.get(schedule);
      for (const at of instants) {
        if (touched.withdrawn.get(schedule)?.has(at)) continue;
        const before = step?.before?.cursorAt ?? Infinity;
        const after = step?.after?.cursorAt ?? -Infinity;
        demand(
          commit.verb === "plan" && at > before && at <= after,
          "I2 legitimacy",
          () => `${commit.verb} entered ${schedule} ${iso(at)} outside of (${before}, ${after}]`,
        );
      }
    }
  }

  /** What became of each occurrence is what the policies say. */
  #checkPlans(commit: Commit<"plan">, touched: Touched, facts: Facts): void {
    const [plans, now] = commit.args;
    if ("error" in commit.result) return;
    for (const [index, { answer }] of commit.result.answer.entries()) {
      const plan = plans[index];
      if (plan === undefined) continue;
      if (answer === "stale") {
        facts.gauges.hit("plan lost the race");
        continue;
      }
      const { id, task, definition, cursorAt } = plan.schedule;
      const parts = facts.history.tables.schedule.get(id)?.parts ?? "[]";
      const { policies } = facts.definition(definition);
      const due = facts.oracle.due(parts, cursorAt, now);
      const pause = facts.history.tables.task.get(task) ?? null;
      const jittered = { id, parts, jitterMs: policies.jitterMs };
      const startAt = (at: number): number => facts.oracle.startAt(jittered, at);
      const nextAt = facts.oracle.next(parts, now);
      const owed = { due, nextAt, startAt, retentionMs: facts.retentionMs };
      const wanted = chosen(owed, policies, pause, now);
      if (due.length > 1 && wanted.size > 0) gaugeCatchUp(policies, due, facts);
      const book = this.#book(id);
      for (const at of due) {
        if (!touched.entered.get(id)?.has(at)) continue;
        const entry = book.get(at);
        const ran = entry !== undefined && ("run" in entry || entry.gap === "overlap");
        const reason = entry !== undefined && "gap" in entry ? entry.gap : null;
        const right = wanted.has(at) ? ran : reason === (isPaused(pause, at) ? "paused" : "down");
        demand(
          right,
          "I2 policies",
          () =>
            `${task} ${iso(at)} planned at ${iso(now)} became ${JSON.stringify(entry)}; ` +
            `${wanted.has(at) ? "it was to run" : "it was not to run"} by ${JSON.stringify(policies)}`,
        );
      }
    }
  }
}

/** An edit starts nothing: what waited of the old rule and never began does not wait any more. */
function checkWithdrawn(
  id: string,
  before: ScheduleImage,
  after: ScheduleImage,
  facts: Facts,
): void {
  const edited =
    after.enabled === 0 || after.parts !== before.parts || after.payload !== before.payload;
  if (!edited) return;
  for (const [run, { schedule, triggerKind, attempts }] of facts.history.tables.pending) {
    demand(
      schedule !== id || triggerKind !== "schedule" || attempts !== "",
      "edits start nothing",
      () => `run ${run} still waits for ${before.task}/${before.key}, which was changed`,
    );
  }
}

/** A run is ready when its jitter has passed, and never before it is due. */
function checkReady(id: string, run: RunImage, facts: Facts): void {
  const { policies } = facts.definition(run.definition);
  if (run.readyAt === null || run.schedule === null) return;
  const parts = facts.history.tables.schedule.get(run.schedule)?.parts ?? "[]";
  const { jitterMs } = policies;
  const startAt = facts.oracle.startAt({ id: run.schedule, parts, jitterMs }, run.dueAt);
  if (startAt > run.createdAt) facts.gauges.hit("jitter put a start off");
  demand(
    run.readyAt === startAt,
    "I2 jitter",
    () =>
      `run ${id}, due ${iso(run.dueAt)}, is ready at ${iso(run.readyAt ?? 0)}, not ${iso(startAt)}`,
  );
}

/** What fell due in (cursor, now], what is due after it, and when each is to start. */
interface Owed {
  readonly due: readonly number[];
  readonly nextAt: number | null;
  readonly startAt: (at: number) => number;
  /** What is older is not made up for, ms. */
  readonly retentionMs: number;
}

/** The instants that are to run. */
function chosen(
  { due, nextAt, startAt, retentionMs }: Owed,
  policies: Policies,
  pause: TaskImage | null,
  now: number,
): ReadonlySet<number> {
  const startable = due.filter((at, index) => {
    if (isPaused(pause, at)) return false;
    if (policies.catchUp === "none" && now - startAt(at) > IN_TIME_MS) return false;
    if (now - startAt(at) > retentionMs) return false;
    if (policies.deadlineMs !== null && now - at > policies.deadlineMs) return false;
    const next = due[index + 1] ?? nextAt;
    if (policies.startWithin === null) return true;
    if (policies.startWithin === "next") return next === null || now < startAt(next);
    return now - startAt(at) <= policies.startWithin;
  });
  return new Set(startable.slice(policies.catchUp === "latest" ? -1 : -CATCH_UP_MAX));
}

function isPaused(task: TaskImage | null, at: number): boolean {
  if (task === null || task.pauseFrom === null) return false;
  return at >= task.pauseFrom && (task.pauseUntil === null || at < task.pauseUntil);
}

function gaugeCatchUp(policies: Policies, due: readonly number[], facts: Facts): void {
  if (policies.catchUp === "latest") facts.gauges.hit("catch-up latest");
  if (policies.catchUp !== "all") return;
  facts.gauges.hit(due.length > CATCH_UP_MAX ? "catch-up capped" : "catch-up all");
}

function gaugeOf(
  reason: GapReason,
): "gap down" | "gap late" | "gap overlap" | "gap paused" | "gap edited" {
  return reason === "blackout" ? "gap down" : `gap ${reason}`;
}

/** The rule in force when the commit began. */
function ruleBefore(schedule: string, delta: Delta, facts: Facts): ScheduleImage | null {
  const step = delta.schedules.find(({ id }) => id === schedule);
  return step?.before ?? facts.history.tables.schedule.get(schedule) ?? null;
}

/** Instants that one commit entered into or took out of the books, by schedule. */
export class Touched {
  readonly entered: Map<string, Set<number>> = new Map();
  readonly withdrawn: Map<string, Set<number>> = new Map();

  add(how: "entered" | "withdrawn", schedule: string, at: number): void {
    const instants = this[how].get(schedule) ?? new Set();
    instants.add(at);
    this[how].set(schedule, instants);
  }
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
