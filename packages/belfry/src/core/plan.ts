import { nextMidnight, type Schedule } from "@belfry/schedule";
import type { Policies } from "./definition.ts";
import type { GapReason } from "./run.ts";

/** Occurrences that become no run, from the first to the last of them, both included. */
export interface PlannedGap {
  readonly fromAt: number;
  readonly toAt: number;
  readonly count: number;
  readonly reason: GapReason;
  /** Next midnight in the task's zone: a gap never spans one. */
  readonly dayEndAt: number;
  /** The occurrence after `toAt`: a gap that begins there, for the same reason, continues this one. */
  readonly nextAt: number | null;
}

export interface PlannedRun {
  readonly dueAt: number;
  /** Last instant at which its first attempt may start, or null. */
  readonly startBy: number | null;
  readonly deadlineAt: number | null;
  /** What comes due live obeys the overlap policy; what is caught up always queues. */
  readonly live: boolean;
  readonly dayEndAt: number;
}

export interface Plan {
  readonly runs: readonly PlannedRun[];
  readonly gaps: readonly PlannedGap[];
  /** The last occurrence accounted for, or the old cursor where there was none. */
  readonly cursorAt: number;
  /** When the schedule is due next, or null: never again. */
  readonly nextAt: number | null;
}

/** Occurrences in [fromAt, untilAt) become gap `paused`; until null: no end was given. */
export interface PauseWindow {
  readonly fromAt: number;
  readonly untilAt: number | null;
}

export interface PlanInput {
  readonly schedule: Schedule;
  /** Whose midnights end a day: the parts of a schedule may have several zones, a task has one. */
  readonly timeZone: string;
  readonly policies: Policies;
  /** Everything up to and including this instant is accounted for. */
  readonly cursorAt: number;
  readonly pause: PauseWindow | null;
  /** Older occurrences than this are never caught up, ms. */
  readonly retentionMs: number;
  readonly now: number;
}

/** An occurrence planned within this of its instant came due live, ms. */
const LIVE_WITHIN_MS = 10_000;
/** With `catchUp: none`, how late an occurrence may be planned, ms. */
export const IN_TIME_MS = 60_000;
/** How many missed occurrences `catchUp: all` makes up for at once, the newest. */
export const CATCH_UP_MAX = 1_000;

/** Decides what becomes of each occurrence in (cursor, now]: a run, or a place in exactly one gap. */
export function planSchedule(input: PlanInput): Plan {
  const { schedule, cursorAt, now } = input;
  const last = schedule.previous(now + 1);
  if (last === null || last <= cursorAt) {
    return { runs: [], gaps: [], cursorAt, nextAt: schedule.next(Math.max(cursorAt, now)) };
  }
  const runs = chooseRuns(input);
  const gaps = new Gaps(schedule, input.timeZone);
  let from = cursorAt + 1;
  for (const run of runs) {
    addGaps(gaps, input, from, run.dueAt);
    from = run.dueAt + 1;
  }
  addGaps(gaps, input, from, now + 1);
  return { runs, gaps: gaps.list, cursorAt: last, nextAt: schedule.next(now) };
}

/** The occurrences in (cursor, now] that are to run, oldest first. */
function chooseRuns(input: PlanInput): PlannedRun[] {
  const { policies } = input;
  const most = policies.catchUp === "latest" ? 1 : CATCH_UP_MAX;
  const runs: PlannedRun[] = [];
  let newer: number | null = input.schedule.next(input.now);
  let dueAt = input.schedule.previous(input.now + 1);
  while (dueAt !== null && dueAt > input.cursorAt && runs.length < most) {
    const startBy = startByOf(policies, dueAt, newer);
    const latenessMs = input.now - dueAt;
    if (latenessMs > plannableMs(policies, input.retentionMs)) break;
    if (startBy !== null && input.now > startBy) break;
    // A run that could only be turned away would be called late, where nothing was alive to plan it.
    if (policies.deadlineMs !== null && latenessMs > policies.deadlineMs) break;
    if (input.pause !== null && isPaused(input.pause, dueAt)) {
      newer = input.schedule.next(input.pause.fromAt - 1);
      dueAt = input.schedule.previous(input.pause.fromAt);
      continue;
    }
    runs.push(plannedRun(input, dueAt, startBy));
    newer = dueAt;
    dueAt = input.schedule.previous(dueAt);
  }
  return runs.reverse();
}

function plannableMs(policies: Policies, retentionMs: number): number {
  return policies.catchUp === "none" ? IN_TIME_MS : retentionMs;
}

function plannedRun(input: PlanInput, dueAt: number, startBy: number | null): PlannedRun {
  const { deadlineMs } = input.policies;
  return {
    dueAt,
    startBy,
    deadlineAt: deadlineMs === null ? null : dueAt + deadlineMs,
    live: input.now - dueAt <= LIVE_WITHIN_MS,
    dayEndAt: nextMidnight(dueAt, input.timeZone),
  };
}

/** Until the next occurrence means before it: at that instant the newer one is the one to run. */
function startByOf(policies: Policies, dueAt: number, next: number | null): number | null {
  if (policies.startWithin === null) return null;
  if (policies.startWithin === "next") return next === null ? null : next - 1;
  return dueAt + policies.startWithin;
}

function isPaused(pause: PauseWindow, at: number): boolean {
  return at >= pause.fromAt && (pause.untilAt === null || at < pause.untilAt);
}

/** Accounts for [from, to), which holds no runs: cut at the pause, then at local midnights. */
function addGaps(gaps: Gaps, input: PlanInput, from: number, to: number): void {
  const { pause } = input;
  const pauseFrom = pause === null ? to : clamp(pause.fromAt, from, to);
  const pauseTo = pause === null ? to : clamp(pause.untilAt ?? to, pauseFrom, to);
  gaps.add(from, pauseFrom, "down");
  gaps.add(pauseFrom, pauseTo, "paused");
  gaps.add(pauseTo, to, "down");
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

class Gaps {
  readonly list: PlannedGap[] = [];
  readonly #schedule: Schedule;
  readonly #timeZone: string;

  constructor(schedule: Schedule, timeZone: string) {
    this.#schedule = schedule;
    this.#timeZone = timeZone;
  }

  add(from: number, to: number, reason: GapReason): void {
    let first = this.#schedule.next(from - 1);
    while (first !== null && first < to) {
      const dayEndAt = nextMidnight(first, this.#timeZone);
      const end = Math.min(dayEndAt, to);
      const last = this.#schedule.previous(end) ?? first;
      const nextAt = this.#schedule.next(last);
      const count = this.#schedule.count(first, end);
      this.list.push({ fromAt: first, toAt: last, count, reason, dayEndAt, nextAt });
      first = this.#schedule.next(end - 1);
    }
  }
}
