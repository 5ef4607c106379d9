import type { GapReason, Reason, RunState } from "./run.ts";

export type DidState = "succeeded" | "failed" | "running" | "pending" | "cancelled" | "gap";

/** What became of one occurrence. */
export interface DidOccurrence {
  readonly dueAt: number;
  /** Key of the schedule that was due. */
  readonly schedule: string;
  readonly state: DidState;
  /** The run that decides it: its own, or the replay that succeeded after it. */
  readonly run: string | null;
  /** Its own run, where a replay decides in its place. */
  readonly replayOf: string | null;
  readonly reason: Reason | GapReason | null;
}

/** Expected against actual, for one task over [from, until). */
export interface Did {
  readonly task: string;
  readonly timeZone: string;
  readonly from: number;
  readonly until: number;
  readonly ok: boolean;
  readonly due: number;
  readonly succeeded: number;
  readonly occurrences: readonly DidOccurrence[];
}

export interface DidRun {
  readonly id: string;
  readonly dueAt: number;
  readonly schedule: string;
  readonly state: RunState;
  readonly reason: Reason | null;
  /** A later run that did this one's work after all, or null. */
  readonly madeGoodBy: string | null;
}

export interface DidGap {
  readonly schedule: string;
  readonly reason: GapReason;
  /** What the row counts; wins over the enumeration. */
  readonly count: number;
  /** The occurrences in it by the rule of that day, those within the period. */
  readonly dueAts: readonly number[];
  /** Whether all of the gap lies in the period. */
  readonly whole: boolean;
}

/** Gaps that nobody wanted. A pause, an edit or an overlap is as it was decided. */
const MISSED: ReadonlySet<GapReason> = new Set<GapReason>(["down", "late"]);

/** Decides whether a task did what it was due to do. Nothing due is ok. */
export function decideDid(
  subject: Pick<Did, "task" | "timeZone" | "from" | "until">,
  runs: readonly DidRun[],
  gaps: readonly DidGap[],
  strict: boolean,
): Did {
  const ran = runs.map(occurrenceOf);
  const missed = gaps.flatMap(({ schedule, dueAts, reason }) =>
    dueAts.map(
      (dueAt): DidOccurrence => ({
        dueAt,
        schedule,
        state: "gap",
        run: null,
        replayOf: null,
        reason,
      }),
    ),
  );
  const occurrences = [...ran, ...missed].sort((a, b) => a.dueAt - b.dueAt);
  const counted = gaps.reduce((sum, gap) => sum + (gap.whole ? gap.count : gap.dueAts.length), 0);
  const gapped = gaps.some(
    (gap) => (gap.dueAts.length > 0 || gap.whole) && (strict || MISSED.has(gap.reason)),
  );
  return {
    ...subject,
    ok: !gapped && ran.every(({ state }) => state === "succeeded"),
    due: ran.length + counted,
    succeeded: ran.filter(({ state }) => state === "succeeded").length,
    occurrences,
  };
}

function occurrenceOf(run: DidRun): DidOccurrence {
  const { id, dueAt, schedule, state, reason, madeGoodBy } = run;
  if (madeGoodBy === null) return { dueAt, schedule, state, run: id, replayOf: null, reason };
  return { dueAt, schedule, state: "succeeded", run: madeGoodBy, replayOf: id, reason: null };
}
