import { BelfryError } from "../../core/errors.ts";
import { type PlannedRun, tellsOfDowntime } from "../../core/plan.ts";
import type { GateRequest, NewGap, PlanClaim, Planned, SchedulePlan } from "../../planning.ts";
import type { ClaimedRun } from "../../records.ts";
import { livingNode } from "./claim.ts";
import { findComers, receive } from "./comers.ts";
import { AT_ONCE, EnteringRuns, type Moved, type Place } from "./entering.ts";
import { writeGap } from "./gaps.ts";
import { enter, type GateState, type Met, NOBODY_MET, setGates, statesOf, topup } from "./gates.ts";
import type { Hot } from "./hot.ts";
import { addSign, follow, joinDown, type Signs } from "./incidents.ts";
import { openLane } from "./lane.ts";
import { PAUSE_IN_FORCE } from "./pause.ts";
import { existing } from "./runs.ts";
import { all, together, tuples, type Work } from "./work.ts";

const STALE: Planned = { answer: "stale", wishes: [], claimed: [], gaps: [], steps: [] };

export function* plan(
  hot: Hot,
  plans: readonly SchedulePlan[],
  now: number,
  claim: PlanClaim | null = null,
): Work<readonly Planned[]> {
  yield* hot.raiseMark(now);
  const worker = claim === null ? undefined : yield* livingNode(claim.node);
  const firsts = firstOfEach(plans);
  const held = yield* holdCursors([...firsts.keys()]);
  const own = [...firsts.values()].filter(({ schedule }) => held.has(schedule.id));
  const [moved, comers] = yield* together(
    moveCursors(own, claim?.node ?? null, now),
    findComers(now),
  );
  // Who is too late to start holds no place against who comes due now; nor does who comes due now
  // pass by who came earlier and waited for its jitter, or to be let in.
  const gates = gatesOf([...firsts.values()].filter(({ schedule }) => moved.has(schedule.id)));
  const came = yield* receive(comers, now, [...gates.keys()]);
  yield* setGates([...gates.values()]);
  const [[lane, open]] = yield* together(
    together(openLane(hot, claim, worker, now), statesOf([...gates.keys()])),
    refuseSecondRuns([...firsts.values()].filter(({ schedule }) => moved.has(schedule.id))),
  );
  const entering = new EnteringRuns(lane, now);
  const planned: Planned[] = [];
  for (const one of plans) {
    const mine = firsts.get(one.schedule.id) === one ? moved.get(one.schedule.id) : undefined;
    firsts.delete(one.schedule.id);
    planned.push(mine === undefined ? STALE : yield* account(one, mine, entering, open, now));
  }
  yield* entering.write();
  const written = plans.filter((_, index) => planned[index]?.answer === "planned");
  yield* noteMissed(written, now);
  noteLate(written, came.signs);
  const steps = yield* follow(came.signs, now);
  const [first, ...rest] = planned;
  if (first === undefined) return planned;
  const wishes = [...came.wishes, ...first.wishes];
  const gaps = [...came.gaps, ...first.gaps];
  return [{ ...first, wishes, steps, gaps }, ...rest];
}

/** What a tick passes over counts as planned in time: each task has its own trouble. */
function noteLate(plans: readonly SchedulePlan[], signs: Signs): void {
  for (const { schedule, gaps } of plans) {
    for (const { reason, count, toAt: dueAt } of gaps) {
      if (reason !== "late") continue;
      const late = { kind: "late", schedule: schedule.id, dueAt, count, at: dueAt } as const;
      addSign(signs, schedule.task, late);
    }
  }
}

/** What was planned too late, because nothing was alive to plan it, is one incident of them all. */
function* noteMissed(plans: readonly SchedulePlan[], now: number): Work<void> {
  const late = plans.filter(tellsOfDowntime);
  if (late.length === 0) return;
  const tasks: Record<string, number> = {};
  const hashes = new Set<string>();
  let caughtUp = 0;
  let missed = 0;
  let fromAt = now;
  for (const { schedule, gaps, runs } of late) {
    for (const run of runs) {
      if (!run.caughtUp) continue;
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
  yield* joinDown({ at: now, fromAt, missed, caughtUp, tasks }, hashes);
}

/** Of two plans of one schedule the first counts: whoever moves a cursor accounts for it once. */
function firstOfEach(plans: readonly SchedulePlan[]): Map<string, SchedulePlan> {
  const firsts = new Map<string, SchedulePlan>();
  for (const one of plans) if (!firsts.has(one.schedule.id)) firsts.set(one.schedule.id, one);
  return firsts;
}

/** The gates that runs of these plans come to, with their tasks; in the order in which they are made. */
function gatesOf(
  plans: readonly SchedulePlan[],
): ReadonlyMap<string, readonly [gate: GateRequest, task: string]> {
  const gates = new Map<string, readonly [GateRequest, string]>();
  for (const { gate, runs, schedule } of plans) {
    if (gate !== null && runs.length > 0) gates.set(gate.id, [gate, schedule.task]);
  }
  return new Map([...gates].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function* account(
  plan: SchedulePlan,
  moved: Moved,
  entering: EnteringRuns,
  open: Map<string, GateState>,
  now: number,
): Work<Planned> {
  const { id, task, key, definition } = plan.schedule;
  for (const gap of plan.gaps) yield* writeGap({ id, task, key, definition }, gap);
  const wishes: Planned["wishes"][number][] = [];
  const gaps: NewGap[] = [];
  const claimed: ClaimedRun[] = [];
  for (const run of plan.runs) {
    const placed = yield* placeRun(plan, run, moved, entering, open, now);
    wishes.push(...placed.wishes);
    gaps.push(...placed.gaps);
    if (placed.claimed !== null) claimed.push(placed.claimed);
  }
  if (plan.gate !== null && plan.runs.some((run) => !run.live)) {
    // Who came due live was let in, or not, after whoever waited; the others have yet to be.
    yield* entering.write();
    yield* topup(plan.gate.id, now);
  }
  return { answer: "planned", wishes, claimed, gaps, steps: [] };
}

/**
 * Nobody waits for who plans the same schedules: he accounts for them, or, where he stands still or
 * dies, whoever looks next.
 */
function* holdCursors(schedules: readonly string[]): Work<ReadonlySet<string>> {
  const held = yield* tuples<[schedule: string]>(
    "select id from schedule where id = any(?) order by id for update skip locked",
    schedules,
  );
  return new Set(held.map(([id]) => id));
}

const MOVE_CURSORS = `update schedule set cursor_at = given.to_at, next_at = given.following_at
  from values_of(? planned text, seen bigint, from_at bigint, of_task text, rule text, to_at bigint,
    following_at bigint)
  where schedule.id = given.planned and schedule.revision = given.seen
  and schedule.cursor_at = given.from_at and schedule.enabled = 1 and exists (select 1 from task
    where task.name = given.of_task and task.definition = given.rule and task.enabled = 1)
  returning id, task`;

/** What each run is told of its task, or decided by: asked once for all runs of it. */
const TASKS = `select name, last_success_due as "previousDueAt",
    case when ${PAUSE_IN_FORCE} then 1 else 0 end as paused,
    case when exists (select 1 from node_task c
      where c.node = cast(? as text) and c.task = task.name and c.placed = 1)
      then 1 else 0 end as code
  from task where name = any(?)`;

interface TaskColumns {
  readonly name: string;
  readonly previousDueAt: number | null;
  readonly paused: number;
  readonly code: number;
}

/**
 * The guarantee that an occurrence is accounted for once: whoever moves the cursor writes it.
 * @returns by schedule, those whose cursor was where its plan began: of the others somebody else
 * was first.
 */
function* moveCursors(
  plans: readonly SchedulePlan[],
  node: string | null,
  now: number,
): Work<ReadonlyMap<string, Moved>> {
  const moves = plans.map(({ schedule, cursorAt, nextAt }) => {
    const { id, revision, task, definition } = schedule;
    return [id, revision, schedule.cursorAt, task, definition, cursorAt, nextAt] as const;
  });
  const [moved, rows] = yield* together(
    tuples<[schedule: string, task: string]>(MOVE_CURSORS, moves),
    all<TaskColumns>(TASKS, now, node, [...new Set(moves.map(([, , , task]) => task))]),
  );
  const tasks = new Map(
    rows.map(({ name, previousDueAt, paused, code }) => [
      name,
      { previousDueAt, paused: paused === 1, hasCode: code === 1 },
    ]),
  );
  return new Map(moved.map(([id, task]) => [id, tasks.get(task) ?? NO_TASK]));
}

const NO_TASK: Moved = { previousDueAt: null, paused: false, hasCode: false };

/** The alarm: the cursor lets nobody plan an occurrence twice, so this is a bug or a damaged store. */
function* refuseSecondRuns(plans: readonly SchedulePlan[]): Work<void> {
  const runs = plans.flatMap(({ schedule, runs }) =>
    runs.map(({ id, dueAt }) => ({ id, dueAt, schedule })),
  );
  if (runs.length === 0) return;
  const [second] = yield* existing(runs.map(({ id }) => id));
  const run = runs.find(({ id }) => id === second);
  if (run === undefined) return;
  const { task, key } = run.schedule;
  throw new BelfryError(
    "conflict",
    "duplicate-run",
    `The run ${run.id} of ${task}/${key}, due ${run.dueAt}, exists already; nothing of this plan was written.`,
    "The store's cursor went back: was an old copy of it restored? Look at `belfry audit`.",
  );
}

interface Placed extends Met {
  readonly claimed: ClaimedRun | null;
}

function* placeRun(
  plan: SchedulePlan,
  run: SchedulePlan["runs"][number],
  moved: Moved,
  entering: EnteringRuns,
  open: Map<string, GateState>,
  now: number,
): Work<Placed> {
  const { gate, overlap } = plan;
  // What was read of a gate holds for the first who comes to it.
  const known = gate === null ? undefined : open.get(gate.id);
  if (gate !== null) open.delete(gate.id);
  const next = nextAfter(plan, run.dueAt);
  const place = (at: Partial<Place>, met: Met = NOBODY_MET): Placed => ({
    ...met,
    claimed: entering.add(plan, run, { ...AT_ONCE, ...at, next }, moved),
  });
  if (moved.paused) return place({ parked: "paused" });
  if (gate === null || !run.live) return place({});
  if (run.readyAt > now) return place({ overlap: overlap === "queue" ? null : overlap });
  // Its gate counts who has entered before.
  if (entering.has(gate.id)) yield* entering.write();
  const entry = { run: run.id, gate: gate.id, live: true, overlap };
  const { admission, wishes, gaps } = yield* enter(entry, now, known);
  if (admission === "start") return place({ slot: 1 }, { wishes, gaps });
  if (admission === "wait") return place({ parked: "gate" }, { wishes, gaps });
  return { wishes, gaps: [...gaps, yield* skipRun(plan, run, next)], claimed: null };
}

function* skipRun(plan: SchedulePlan, run: PlannedRun, nextAt: number | null): Work<NewGap> {
  const { id, task, key, definition } = plan.schedule;
  const { dueAt, dayEndAt } = run;
  const gap = { fromAt: dueAt, toAt: dueAt, count: 1, reason: "overlap" } as const;
  yield* writeGap({ id, task, key, definition }, { ...gap, dayEndAt, nextAt });
  return { ...gap, task };
}

/** The occurrence after this one, among all that the plan accounts for. */
function nextAfter(plan: SchedulePlan, dueAt: number): number | null {
  let next = plan.nextAt;
  for (const { dueAt: at } of plan.runs) if (at > dueAt && (next === null || at < next)) next = at;
  for (const { fromAt: at } of plan.gaps) if (at > dueAt && (next === null || at < next)) next = at;
  return next;
}
