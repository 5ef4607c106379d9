import type { Overlap } from "../../core/definition.ts";
import type { SchedulePlan } from "../../planning.ts";
import type { ClaimedRun } from "../../records.ts";
import type { Lane } from "./lane.ts";
import { put, type Single, type Work } from "./work.ts";

type Plan = Pick<SchedulePlan, "schedule" | "gate">;
type Run = SchedulePlan["runs"][number];

export interface Place {
  /** The occurrence after this one, or null. */
  readonly next: number | null;
  readonly slot: 0 | 1;
  readonly parked: "gate" | "paused" | null;
  /** By which it meets its gate when its jitter has passed; null: it has met it, or queues. */
  readonly overlap: Overlap | null;
}

/** Without a gate, or in line before it. */
export const AT_ONCE: Place = { next: null, slot: 0, parked: null, overlap: null };

/** What the schedule's rows say once its cursor is moved. */
export interface Moved {
  readonly paused: boolean;
  /** Whether the node that claims has the task's code. */
  readonly hasCode: boolean;
  readonly previousDueAt: number | null;
}

/** What a run takes from its plan, wherever it goes. */
const ENTERING = `id text, task text, schedule text, due_at bigint, ready_at bigint, definition text,
  trigger_by text, gate text, deadline_at bigint, payload text`;
/** And what it needs to wait. */
const WAITING = `slot bigint, parked text, held_at bigint, live bigint, start_by bigint,
  day_end_at bigint, next_at bigint, overlap text`;

type EnteringRow = readonly [
  id: string,
  task: string,
  schedule: string,
  dueAt: number,
  ...Single[],
];

const ENTERING_COLUMNS = namesOf(ENTERING);
const WAITING_COLUMNS = namesOf(WAITING);

const INSERT_PENDING = `insert into pending (${ENTERING_COLUMNS}, ${WAITING_COLUMNS}, created_at,
    trigger_kind, attempts, forced)
  select ${ENTERING_COLUMNS}, ${WAITING_COLUMNS}, cast(? as bigint), 'schedule', '', 0
  from values_of(? ${ENTERING}, ${WAITING})`;

const INSERT_RUNNING = `insert into running (${ENTERING_COLUMNS}, created_at, started_at,
    trigger_kind, attempts, forced, node, claim_id, fence)
  select ${ENTERING_COLUMNS}, cast(? as bigint), cast(? as bigint), 'schedule', '', 0,
    cast(? as text), cast(? as text), cast(? as bigint) from values_of(? ${ENTERING})`;

function namesOf(columns: string): string {
  return columns.replaceAll(/ (?:text|bigint)\b/g, "");
}

/**
 * Occurrences that a batch of plans makes runs of, written together: SQLite saves what each
 * statement changes before it does, so many small ones cost several times as much. Who waits goes
 * into pending, who may start at once into running.
 */
export class EnteringRuns {
  readonly #lane: Lane | null;
  readonly #now: number;
  readonly #gates = new Set<string>();
  #waiting: EnteringRow[] = [];
  #starting: EnteringRow[] = [];

  constructor(lane: Lane | null, now: number) {
    this.#lane = lane;
    this.#now = now;
  }

  /** @returns the run, if the node that claims starts it at once. */
  add(plan: Plan, run: Run, place: Place, moved: Moved): ClaimedRun | null {
    const { schedule, gate } = plan;
    const { slot, parked, next, overlap } = place;
    if (gate !== null) this.#gates.add(gate.id);
    const row: EnteringRow = [
      run.id,
      schedule.task,
      schedule.id,
      run.dueAt,
      parked === null ? run.readyAt : null,
      schedule.definition,
      schedule.key,
      gate?.id ?? null,
      run.deadlineAt,
      schedule.payload,
    ];
    const claimed =
      parked === null && moved.hasCode ? (this.#lane?.claim(plan, run, moved) ?? null) : null;
    if (claimed !== null) {
      this.#starting.push(row);
      return claimed;
    }
    const heldAt = parked === "paused" ? run.readyAt : null;
    const { startBy, dayEndAt } = run;
    const live = run.live ? 1 : 0;
    this.#waiting.push([...row, slot, parked, heldAt, live, startBy, dayEndAt, next, overlap]);
    return null;
  }

  /** Whether runs of this gate are yet to be written. */
  has(gate: string): boolean {
    return this.#gates.has(gate);
  }

  *write(): Work<void> {
    if (this.#waiting.length > 0) yield* put(INSERT_PENDING, this.#now, this.#waiting);
    if (this.#lane !== null && this.#starting.length > 0) {
      const { node, claimId, fence } = this.#lane;
      yield* put(INSERT_RUNNING, this.#now, this.#now, node, claimId, fence, this.#starting);
    }
    this.#waiting = [];
    this.#starting = [];
    this.#gates.clear();
  }
}
