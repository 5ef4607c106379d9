import type { Overlap } from "../../core/definition.ts";
import { BelfryError } from "../../core/errors.ts";
import type { PlannedRun } from "../../core/plan.ts";
import type { IncidentStep, Planned, SchedulePlan } from "../../store.ts";
import type { Database } from "./database.ts";
import { writeGap } from "./gaps.ts";
import { admitJittered, enter, setGate, topup } from "./gates.ts";
import { addSign, follow, joinDown, type Signs } from "./incidents.ts";
import { raiseMark } from "./mark.ts";
import { PAUSE_IN_FORCE } from "./pause.ts";
import { turnAwayLate } from "./waiting.ts";

const STALE: Planned = { answer: "stale", wishes: [], steps: [] };

export function plan(
  db: Database,
  plans: readonly SchedulePlan[],
  now: number,
): readonly Planned[] {
  raiseMark(db, now);
  // Who is too late to start holds no place against who comes due now.
  const steps = turnAwayLate(db, now);
  // Nor does who comes due now pass by who came earlier and waited for its jitter.
  const wishes = admitJittered(db, now);
  const planned = plans.map((one) => planOne(db, one, now));
  const written = plans.filter((_, index) => planned[index]?.answer === "planned");
  noteMissed(db, written, now);
  const all = [...steps, ...followLate(db, written, now)];
  const [first, ...rest] = planned;
  if (first === undefined || all.length + wishes.length === 0) return planned;
  return [{ ...first, wishes: [...wishes, ...first.wishes], steps: all }, ...rest];
}

/** What a tick passes over counts as planned in time: each task has its own trouble. */
function followLate(
  db: Database,
  plans: readonly SchedulePlan[],
  now: number,
): readonly IncidentStep[] {
  const signs: Signs = new Map();
  for (const { schedule, gaps } of plans) {
    for (const { reason, count, toAt: dueAt } of gaps) {
      if (reason !== "late") continue;
      const late = { kind: "late", schedule: schedule.id, dueAt, count, at: dueAt } as const;
      addSign(signs, schedule.task, late);
    }
  }
  return signs.size === 0 ? [] : follow(db, signs, now);
}

/** What was planned too late, because nothing was alive to plan it, is one incident of them all. */
function noteMissed(db: Database, plans: readonly SchedulePlan[], now: number): void {
  const late = plans.filter(
    ({ gaps, runs }) => gaps.some(({ reason }) => reason === "down") || runs.some(isCaughtUp),
  );
  if (late.length === 0) return;
  const tasks: Record<string, number> = {};
  const hashes = new Set<string>();
  let caughtUp = 0;
  let missed = 0;
  let fromAt = now;
  for (const { schedule, gaps, runs } of late) {
    for (const run of runs.filter(isCaughtUp)) {
      caughtUp += 1;
      fromAt = Math.min(fromAt, run.dueAt);
    }
    for (const gap of gaps) {
      if (gap.reason !== "down") continue;
      missed += gap.count;
      fromAt = Math.min(fromAt, gap.fromAt);
      tasks[schedule.task] = (tasks[schedule.task] ?? 0) + gap.count;
      hashes.add(schedule.definition);
    }
  }
  joinDown(db, { at: now, fromAt, missed, caughtUp, tasks }, hashes);
}

function isCaughtUp({ caughtUp }: PlannedRun): boolean {
  return caughtUp;
}

function planOne(db: Database, plan: SchedulePlan, now: number): Planned {
  const moved = moveCursor(db, plan, now);
  if (moved === undefined) return STALE;
  const { id, task, key, definition } = plan.schedule;
  for (const gap of plan.gaps) writeGap(db, { id, task, key, definition }, gap);
  if (plan.runs.length === 0) return { answer: "planned", wishes: [], steps: [] };
  if (plan.gate !== null) setGate(db, plan.gate, task);
  const wishes: Planned["wishes"][number][] = [];
  for (const run of plan.runs) {
    wishes.push(...placeRun(db, plan, run, moved.paused === 1 ? "held" : "open", now));
  }
  // Who came due live was let in, or not, after whoever waited; the others have yet to be.
  if (plan.gate !== null && plan.runs.some((run) => !run.live)) topup(db, plan.gate.id, now);
  return { answer: "planned", wishes, steps: [] };
}

/**
 * The guarantee that an occurrence is accounted for once: whoever moves the cursor writes it.
 * @returns undefined where somebody else was first, else whether the task is paused.
 */
function moveCursor(db: Database, plan: SchedulePlan, now: number): { paused: number } | undefined {
  const { id, revision, cursorAt, task, definition } = plan.schedule;
  return db.get<{ paused: number }>(
    `update schedule set cursor_at = ?, next_at = ?
     where id = ? and revision = ? and cursor_at = ? and enabled = 1
     and exists (select 1 from task where name = ? and definition = ? and enabled = 1)
     returning exists (select 1 from task where name = schedule.task and ${PAUSE_IN_FORCE}) as paused`,
    plan.cursorAt,
    plan.nextAt,
    id,
    revision,
    cursorAt,
    task,
    definition,
    now,
  );
}

function placeRun(
  db: Database,
  plan: SchedulePlan,
  run: SchedulePlan["runs"][number],
  task: "held" | "open",
  now: number,
): Planned["wishes"] {
  if (task === "held") {
    insertRun(db, plan, run, { ...AT_ONCE, parked: "paused", heldAt: run.readyAt }, now);
    return [];
  }
  if (plan.gate === null || !run.live) {
    insertRun(db, plan, run, AT_ONCE, now);
    return [];
  }
  const { overlap } = plan;
  if (run.readyAt > now) {
    insertRun(db, plan, run, { ...AT_ONCE, overlap: overlap === "queue" ? null : overlap }, now);
    return [];
  }
  const entry = { run: run.id, gate: plan.gate.id, live: true, overlap };
  const { admission, wishes } = enter(db, entry, now);
  if (admission === "skip") {
    skipRun(db, plan, run);
  } else {
    const parked = admission === "wait" ? "gate" : null;
    insertRun(db, plan, run, { ...AT_ONCE, slot: parked === null ? 1 : 0, parked }, now);
  }
  return wishes;
}

function skipRun(db: Database, plan: SchedulePlan, run: PlannedRun): void {
  const { id, task, key, definition } = plan.schedule;
  const { dueAt, dayEndAt } = run;
  writeGap(
    db,
    { id, task, key, definition },
    {
      fromAt: dueAt,
      toAt: dueAt,
      count: 1,
      reason: "overlap",
      dayEndAt,
      nextAt: nextAfter(plan, dueAt),
    },
  );
}

interface Place {
  readonly slot: 0 | 1;
  readonly parked: "gate" | "paused" | null;
  readonly heldAt: number | null;
  /** By which it meets its gate when its jitter has passed; null: it has met it, or queues. */
  readonly overlap: Overlap | null;
}

/** Without a gate, or in line before it. */
const AT_ONCE: Place = { slot: 0, parked: null, heldAt: null, overlap: null };

function insertRun(
  db: Database,
  plan: SchedulePlan,
  run: SchedulePlan["runs"][number],
  place: Place,
  now: number,
): void {
  const { schedule } = plan;
  const inserted = db.run(
    `insert into pending (id, task, schedule, due_at, created_at, ready_at, definition, trigger_kind,
       trigger_by, gate, deadline_at, attempts, payload, idempotency_key, replay_of,
       slot, parked, held_at, forced, live, start_by, day_end_at, next_at, overlap)
     select ?1, ?, ?, ?, ?, ?, ?, 'schedule', ?, ?, ?, '', ?, null, null, ?, ?, ?, 0, ?, ?, ?, ?, ?
     where not exists (select 1 from running where id = ?1)
     and not exists (select 1 from history where id = ?1)
     on conflict (id) do nothing`,
    run.id,
    schedule.task,
    schedule.id,
    run.dueAt,
    now,
    place.parked === null ? run.readyAt : null,
    schedule.definition,
    schedule.key,
    plan.gate?.id ?? null,
    run.deadlineAt,
    schedule.payload,
    place.slot,
    place.parked,
    place.heldAt,
    run.live ? 1 : 0,
    run.startBy,
    run.dayEndAt,
    nextAfter(plan, run.dueAt),
    place.overlap,
  );
  if (inserted === 0) refuseSecondRun(plan, run);
}

/** The alarm: the cursor lets nobody plan an occurrence twice, so this is a bug or a damaged store. */
function refuseSecondRun(plan: SchedulePlan, run: SchedulePlan["runs"][number]): never {
  throw new BelfryError(
    "conflict",
    "duplicate-run",
    `The run ${run.id} of ${plan.schedule.task}/${plan.schedule.key}, due ${run.dueAt}, exists already; nothing of this plan was written.`,
    "The store's cursor went back: was an old copy of it restored? Look at `belfry audit`.",
  );
}

/** The occurrence after this one, among all that the plan accounts for. */
function nextAfter(plan: SchedulePlan, dueAt: number): number | null {
  let next = plan.nextAt;
  for (const { dueAt: at } of plan.runs) if (at > dueAt && (next === null || at < next)) next = at;
  for (const { fromAt: at } of plan.gaps) if (at > dueAt && (next === null || at < next)) next = at;
  return next;
}
