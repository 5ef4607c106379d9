import type { Overlap } from "../../core/definition.ts";
import { BelfryError } from "../../core/errors.ts";
import type { SchedulePlan } from "../../planning.ts";
import type { ClaimedRun } from "../../records.ts";
import type { EnteringRow, Hot, WaitingRow } from "./hot.ts";
import type { Lane } from "./lane.ts";
import { existing } from "./runs.ts";
import type { Work } from "./work.ts";

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

/**
 * Occurrences that a batch of plans makes runs of, written together: SQLite saves what each
 * statement changes before it does, so many small ones cost several times as much. Who waits goes
 * into pending, who may start at once into running.
 */
export class EnteringRuns {
  readonly #hot: Hot;
  readonly #lane: Lane | null;
  readonly #now: number;
  readonly #gates = new Set<string>();
  #waiting: WaitingRow[] = [];
  #starting: EnteringRow[] = [];

  constructor(hot: Hot, lane: Lane | null, now: number) {
    this.#hot = hot;
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
    yield* refuseSecondRuns([...this.#waiting, ...this.#starting]);
    if (this.#waiting.length > 0) yield* this.#hot.insertPending(this.#waiting, this.#now);
    if (this.#lane !== null && this.#starting.length > 0) {
      yield* this.#hot.insertRunning(this.#starting, this.#lane, this.#now);
    }
    this.#waiting = [];
    this.#starting = [];
    this.#gates.clear();
  }
}

/** The alarm: the cursor lets nobody plan an occurrence twice, so this is a bug or a damaged store. */
function* refuseSecondRuns(rows: readonly (EnteringRow | WaitingRow)[]): Work<void> {
  if (rows.length === 0) return;
  const [second] = yield* existing(rows.map(([id]) => id));
  if (second === undefined) return;
  const [id, task, , dueAt, , , key] = rows.find((row) => row[0] === second) ?? [];
  throw new BelfryError(
    "conflict",
    "duplicate-run",
    `The run ${id} of ${task}/${key}, due ${dueAt}, exists already; nothing of this plan was written.`,
    "The store's cursor went back: was an old copy of it restored? Look at `belfry audit`.",
  );
}
