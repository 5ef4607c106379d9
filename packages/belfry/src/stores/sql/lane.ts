import type { PlanClaim, SchedulePlan } from "../../planning.ts";
import type { ClaimedRun } from "../../records.ts";
import { isDue, type LivingNode } from "./claim.ts";
import type { Hot } from "./hot.ts";
import { put, together, type Work } from "./work.ts";

/**
 * Opens the way from a plan straight to running, if nothing waits that a claim would take first;
 * who comes to a gate has been let in before. The node must be alive and its lease run, as for any claim.
 * @param worker the node's row, held; undefined: it does not live.
 */
export function* openLane(
  hot: Hot,
  claim: PlanClaim | null,
  worker: LivingNode | undefined,
  now: number,
): Work<Lane | null> {
  if (claim === null || worker === undefined) return null;
  const { node, claimId } = claim;
  if (worker.lease_until < now || worker.last_claim === claimId) return null;
  if (worker.drain_at !== null) return null;
  const [due, fence] = yield* together(isDue(node, now), hot.nextFence());
  if (due) return null;
  yield* put("update node set last_claim = ? where id = ?", claimId, node);
  return new Lane(claim, fence, now);
}

/** Takes what comes due live for a node, as much as it has room for, under one fence. */
export class Lane {
  readonly node: string;
  readonly claimId: string;
  readonly fence: number;
  readonly #now: number;
  #room: number;

  constructor({ node, claimId, limit }: PlanClaim, fence: number, now: number) {
    this.node = node;
    this.claimId = claimId;
    this.fence = fence;
    this.#now = now;
    this.#room = limit;
  }

  /** @returns the run as it starts, or null: it has to wait, and whoever comes after it too. */
  claim(
    { schedule, gate }: Pick<SchedulePlan, "schedule" | "gate">,
    run: SchedulePlan["runs"][number],
    task: { readonly previousDueAt: number | null },
  ): ClaimedRun | null {
    // Who waits for its jitter is passed by nobody.
    if (run.readyAt > this.#now) return null;
    if (!this.#mayStart(run)) this.#room = 0;
    if (this.#room === 0) return null;
    this.#room -= 1;
    return {
      id: run.id,
      task: schedule.task,
      schedule: schedule.id,
      scheduleKey: schedule.key,
      definition: schedule.definition,
      trigger: { kind: "schedule", by: schedule.key },
      dueAt: run.dueAt,
      createdAt: this.#now,
      startedAt: this.#now,
      deadlineAt: run.deadlineAt,
      node: this.node,
      fence: this.fence,
      attempts: [],
      payload: schedule.payload,
      idempotencyKey: null,
      gate: gate?.id ?? null,
      asked: null,
      replayOf: null,
      previousDueAt: task.previousDueAt,
    };
  }

  /** What is caught up may have waited longer than all that comes due live: a claim puts them in order. */
  #mayStart({ live, startBy, deadlineAt }: SchedulePlan["runs"][number]): boolean {
    return live && Math.min(startBy ?? Infinity, deadlineAt ?? Infinity) >= this.#now;
  }
}
