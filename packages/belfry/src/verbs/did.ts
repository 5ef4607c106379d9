import { type Did, type DidGap, type DidRun, decideDid } from "../core/did.ts";
import { type PlanningTerms, planDue } from "../engine/account.ts";
import { Catalogue } from "../engine/catalogue.ts";
import type { SchedulePlan } from "../planning.ts";
import type { DueSchedule, GapRow, OccurrenceRow } from "../records.ts";
import type { Store } from "../store.ts";
import type { VerbContext } from "./context.ts";
import { findTask } from "./find.ts";

export interface DidOptions {
  /** [from, until), ms since the epoch. */
  readonly from: number;
  readonly until: number;
  /** Zone of the days asked for; null: the task's. */
  readonly timeZone: string | null;
  /** Count every gap against it, not only `down` and `late`. */
  readonly strict: boolean;
}

const RUNS_MAX = 1_000_000;

/** Says occurrence by occurrence what a task was due to do in a period, and what it did. */
export async function did(context: VerbContext, name: string, options: DidOptions): Promise<Did> {
  const { store } = context;
  const task = await findTask(context, name);
  const { from, until, strict } = options;
  const catalogue = new Catalogue(store, [], []);
  const rows = await store.occurrences(task.name, from, until, RUNS_MAX);
  // Side by side, so that the questions for replays share an answer's way.
  const runs = await Promise.all(rows.map((run) => didRun(store, run)));
  const gaps = (await store.gaps(task.name, from, until)).map((gap) =>
    didGap(gap, catalogue, from, until),
  );
  const open = await unaccounted(context, task.name, catalogue);
  const timeZone = options.timeZone ?? task.body.timeZone;
  const subject = { task: task.name, timeZone, from, until };
  const within = ({ dueAt }: { dueAt: number }): boolean => dueAt >= from && dueAt < until;
  return decideDid(
    subject,
    [...runs, ...open.runs.filter(within)],
    [...gaps, ...open.gaps.map((gap) => didGap(gap, catalogue, from, until))].filter(
      ({ dueAts, whole }) => whole || dueAts.length > 0,
    ),
    strict,
  );
}

/** A failed or cancelled run may have been made good by a replay that succeeded. */
async function didRun(store: Store, run: OccurrenceRow): Promise<DidRun> {
  const { id, dueAt, scheduleKey: schedule, state, reason } = run;
  const ended = state === "failed" || state === "cancelled";
  return {
    id,
    dueAt,
    schedule,
    state,
    reason,
    madeGoodBy: ended ? await successAfter(store, id) : null,
  };
}

/** The replay that succeeded, of the run or of one of its replays: whichever people replayed. */
async function successAfter(store: Store, run: string): Promise<string | null> {
  const replays = await store.runs({ replayOf: run, limit: RUNS_MAX });
  const success = replays.find(({ state }) => state === "succeeded");
  if (success !== undefined) return success.id;
  for (const { id } of replays) {
    const later = await successAfter(store, id);
    if (later !== null) return later;
  }
  return null;
}

type Gap = Omit<GapRow, "task" | "definition">;

function didGap(gap: Gap, catalogue: Catalogue, from: number, until: number): DidGap {
  const first = Math.max(gap.fromAt, from);
  const end = Math.min(gap.toAt + 1, until);
  const whole = gap.fromAt >= from && gap.toAt < until;
  const dueAts = first < end ? instantsOf(gap, catalogue, first, end) : [];
  return { schedule: gap.scheduleKey, reason: gap.reason, count: gap.count, dueAts, whole };
}

/** Of a rule that this version cannot read only the first instant of the gap is known. */
function instantsOf(gap: Gap, catalogue: Catalogue, first: number, end: number): number[] {
  try {
    return [...catalogue.schedule(gap.schedule, gap.parts).between(first, end)];
  } catch {
    return first === gap.fromAt ? [first] : [];
  }
}

/**
 * What has fallen due and nobody has planned yet, because nothing is alive to do so: told as it
 * would be planned now, without writing it.
 */
async function unaccounted(
  { store, clock, retentionMs }: VerbContext,
  task: string,
  catalogue: Catalogue,
): Promise<{ runs: DidRun[]; gaps: Gap[] }> {
  const now = clock.now();
  const due = (await store.schedulesOf([task])).filter(
    ({ nextAt }) => nextAt !== null && nextAt <= now,
  );
  await catalogue.fetch(due.map((schedule) => schedule.definition));
  const runs: DidRun[] = [];
  const gaps: Gap[] = [];
  for (const schedule of due) {
    const plan = tryPlan(schedule, { catalogue, retentionMs, attendance: "tick" }, now);
    if (plan === null) continue;
    for (const { id, dueAt } of plan.runs) {
      const { key } = schedule;
      runs.push({ id, dueAt, schedule: key, state: "pending", reason: null, madeGoodBy: null });
    }
    for (const gap of plan.gaps) {
      const { id, key, parts } = schedule;
      gaps.push({ ...gap, schedule: id, scheduleKey: key, parts });
    }
  }
  return { runs, gaps };
}

/** What this version cannot plan it cannot tell of; it keeps nothing else from being told. */
function tryPlan(schedule: DueSchedule, terms: PlanningTerms, now: number): SchedulePlan | null {
  try {
    return planDue(schedule, terms, now);
  } catch {
    return null;
  }
}
