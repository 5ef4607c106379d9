import { nextMidnight, type Schedule } from "@belfry/schedule";
import type { Policies } from "./definition.ts";
import { startOf } from "./jitter.ts";
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
  /** When it may start: at its due instant, or later by jitter. */
  readonly readyAt: number;
  /** Last instant at which its first attempt may start, or null. */
  readonly startBy: number | null;
  readonly deadlineAt: number | null;
  /** What comes due live obeys the overlap policy; what is caught up always queues. */
  readonly live: boolean;
  /** Whether it is made up for, since nothing was alive to plan it in time. */
  readonly caughtUp: boolean;
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

/** Whether it passes over, or makes up for, what nothing was alive to plan in time. */
export function tellsOfDowntime({ gaps, runs }: Pick<Plan, "gaps" | "runs">): boolean {
  return gaps.some(({ reason }) => reason === "down") || runs.some(({ caughtUp }) => caughtUp);
}

/** Occurrences in [fromAt, untilAt) become gap `paused`; until null: no end was given. */
export interface PauseWindow {
  readonly fromAt: number;
  readonly untilAt: number | null;
}

export interface PlanInput {
  /** The schedule's id: from it jitter is drawn. */
  readonly id: string;
  readonly schedule: Schedule;
  /** Whose midnights end a day: the parts of a schedule may have several zones, a task has one. */
  readonly timeZone: string;
  readonly policies: Policies;
  /** Everything up to and including this instant is accounted for. */
  readonly cursorAt: number;
  readonly pause: PauseWindow | null;
  /** Older occurrences than this are never caught up, ms. */
  readonly retentionMs: number;
  /**
   * What was due after this instant is planned as if a node had been alive: by a tick, for the time
   * since the one before. Null: what is planned too late was missed.
   */
  readonly aliveSinceAt: number | null;
  readonly now: number;
}

/** An occurrence planned within this of its start came due live, ms. */
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

interface Occurrence {
  readonly dueAt: number;
  readonly startAt: number;
}

/** The occurrences in (cursor, now] that are to run, oldest first. */
function chooseRuns(input: PlanInput): readonly PlannedRun[] {
  const { schedule, pause, now } = input;
  const runs: PlannedRun[] = [];
  let newer = occurrenceAfter(input, now);
  let dueAt = schedule.previous(now + 1);
  while (dueAt !== null && dueAt > input.cursorAt && runs.length < mostOf(input, dueAt)) {
    const occurrence = occurrenceAt(input, dueAt, newer?.dueAt ?? null);
    const startBy = startByOf(input.policies, occurrence, newer);
    if (isMissed(input, occurrence, startBy)) break;
    if (pause !== null && isPaused(pause, dueAt)) {
      newer = occurrenceAfter(input, pause.fromAt - 1);
      dueAt = schedule.previous(pause.fromAt);
      continue;
    }
    runs.push(plannedRun(input, occurrence, startBy));
    newer = occurrence;
    dueAt = schedule.previous(dueAt);
  }
  return inTurn(input, runs.reverse());
}

/**
 * What a tick plans late comes to its gate as if it had just come due, but only the first of it: the
 * others of that schedule would have come after it had run, so they queue.
 */
function inTurn(input: PlanInput, runs: readonly PlannedRun[]): readonly PlannedRun[] {
  if (input.aliveSinceAt === null) return runs;
  return runs.map((run, index) => {
    const plannedLate = isAttended(input, run.dueAt) && run.readyAt <= input.now;
    return plannedLate ? { ...run, live: index === 0 } : run;
  });
}

function isAttended({ aliveSinceAt }: PlanInput, dueAt: number): boolean {
  return aliveSinceAt !== null && dueAt > aliveSinceAt;
}

function occurrenceAfter(input: PlanInput, after: number): Occurrence | null {
  const { schedule, policies } = input;
  const dueAt = schedule.next(after);
  if (dueAt === null) return null;
  return occurrenceAt(input, dueAt, policies.jitterMs === 0 ? null : schedule.next(dueAt));
}

/** @param next the occurrence after it: no start is delayed beyond that. */
function occurrenceAt(input: PlanInput, dueAt: number, next: number | null): Occurrence {
  const { id, policies } = input;
  return { dueAt, startAt: startOf({ id, jitterMs: policies.jitterMs }, dueAt, next) };
}

/** Whoever was alive has run each in its turn; whoever comes back makes up for what catch-up says. */
function mostOf(input: PlanInput, dueAt: number): number {
  const attended = isAttended(input, dueAt);
  return input.policies.catchUp === "latest" && !attended ? 1 : CATCH_UP_MAX;
}

/** Whether it comes too late, as do then all that are older. */
function isMissed(input: PlanInput, occurrence: Occurrence, startBy: number | null): boolean {
  const { policies, now } = input;
  const { dueAt, startAt } = occurrence;
  const attended = isAttended(input, dueAt);
  const plannableMs = policies.catchUp === "none" && !attended ? IN_TIME_MS : input.retentionMs;
  if (now - startAt > plannableMs) return true;
  if (startBy !== null && now > startBy) return true;
  // A run that could only be turned away would be called late, where nothing was alive to plan it.
  return policies.deadlineMs !== null && now - dueAt > policies.deadlineMs;
}

function plannedRun(
  input: PlanInput,
  { dueAt, startAt }: Occurrence,
  startBy: number | null,
): PlannedRun {
  const { deadlineMs } = input.policies;
  const live = input.now - startAt <= LIVE_WITHIN_MS;
  return {
    dueAt,
    readyAt: startAt,
    startBy,
    deadlineAt: deadlineMs === null ? null : dueAt + deadlineMs,
    live,
    caughtUp: !live && !isAttended(input, dueAt),
    dayEndAt: nextMidnight(dueAt, input.timeZone),
  };
}

/** Until the next occurrence means before its start: from then on the newer one is the one to run. */
function startByOf(
  policies: Policies,
  { startAt }: Occurrence,
  newer: Occurrence | null,
): number | null {
  if (policies.startWithin === null) return null;
  if (policies.startWithin === "next") return newer === null ? null : newer.startAt - 1;
  return startAt + policies.startWithin;
}

function isPaused(pause: PauseWindow, at: number): boolean {
  return at >= pause.fromAt && (pause.untilAt === null || at < pause.untilAt);
}

/** Accounts for [from, to), which holds no runs: cut at the pause, then at local midnights. */
function addGaps(gaps: Gaps, input: PlanInput, from: number, to: number): void {
  const { pause } = input;
  const pauseFrom = pause === null ? to : clamp(pause.fromAt, from, to);
  const pauseTo = pause === null ? to : clamp(pause.untilAt ?? to, pauseFrom, to);
  addMissed(gaps, input, from, pauseFrom);
  gaps.add(pauseFrom, pauseTo, "paused");
  addMissed(gaps, input, pauseTo, to);
}

function addMissed(gaps: Gaps, { aliveSinceAt }: PlanInput, from: number, to: number): void {
  const attendedFrom = aliveSinceAt === null ? to : clamp(aliveSinceAt + 1, from, to);
  gaps.add(from, attendedFrom, "down");
  gaps.add(attendedFrom, to, "late");
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
