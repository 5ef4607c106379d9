import type { ErrorRecord } from "../../core/errors.ts";
import type { IncidentStep } from "../../store.ts";
import { topup } from "./gates.ts";
import { follow } from "./incidents.ts";
import type { ClaimedTuple } from "./rows.ts";
import { put, type Work } from "./work.ts";

const UNREADABLE: ErrorRecord = {
  message: "The run's earlier attempts cannot be read: its row was damaged. Replay it if need be.",
  code: "damaged-row",
  stack: null,
};

/**
 * Fails a run whose attempts somebody damaged: without them nobody knows how often it was tried,
 * so it would be tried for ever. The others of the batch go on.
 */
export function* quarantine(
  [id, , gate, , task, schedule]: ClaimedTuple,
  now: number,
): Work<readonly IncidentStep[]> {
  yield* put(
    `insert into history (id, task, schedule, due_at, created_at, ready_at, definition, trigger_kind,
       trigger_by, gate, deadline_at, attempts, payload, idempotency_key, replay_of, node, fence,
       started_at, ended_at, state, reason, error)
     select id, task, schedule, due_at, created_at, ready_at, definition, trigger_kind, trigger_by,
       gate, deadline_at, '', payload, idempotency_key, replay_of, node, fence, started_at, ?,
       'failed', 'permanent', ? from running where id = ?`,
    now,
    JSON.stringify(UNREADABLE),
    id,
  );
  yield* put("delete from running where id = ?", id);
  if (gate !== null) yield* topup(gate, now);
  const run = { id, reason: "permanent", error: UNREADABLE.message, endedAt: now } as const;
  return yield* follow(new Map([[task, [{ kind: "failed", schedule, run }]]]), now);
}
