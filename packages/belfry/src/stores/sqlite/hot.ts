import { CLAIMABLE, isDue } from "../sql/claim.ts";
import type { Hot, HotRow, MovedCursor } from "../sql/hot.ts";
import { nextFence, raiseMark } from "../sql/mark.ts";
import { PAUSE_IN_FORCE } from "../sql/pause.ts";
import { CLAIMED_COLUMNS, type ClaimedTuple, RUN_COLUMNS } from "../sql/rows.ts";
import { count, put, tuples, type Value, type Work } from "../sql/work.ts";

// Batches come as one JSON text: SQLite saves what each statement changes before it does, so many
// small ones cost several times as much. As JSONB inside, since each element would be parsed anew.

const MOVE_CURSORS = `update schedule set cursor_at = p.value ->> 5, next_at = p.value ->> 6
  from jsonb_each(?1) p
  where schedule.id = p.value ->> 0 and revision = p.value ->> 1 and cursor_at = p.value ->> 2
  and enabled = 1 and exists (select 1 from task
    where name = p.value ->> 3 and definition = p.value ->> 4 and enabled = 1)
  returning id, (select last_success_due from task where name = schedule.task),
    exists (select 1 from task where name = schedule.task and ${PAUSE_IN_FORCE}),
    exists (select 1 from node_task c where c.node = ?3 and c.task = schedule.task
      and c.placed = 1)`;

const INSERT_PENDING = `insert into pending (id, task, schedule, due_at, created_at, ready_at,
    definition, trigger_kind, trigger_by, gate, deadline_at, attempts, payload, slot, parked,
    held_at, forced, live, start_by, day_end_at, next_at, overlap)
  select value ->> 0, value ->> 1, value ->> 2, value ->> 3, ?2, value ->> 4, value ->> 5,
    'schedule', value ->> 6, value ->> 7, value ->> 8, '', value ->> 9, value ->> 10, value ->> 11,
    value ->> 12, 0, value ->> 13, value ->> 14, value ->> 15, value ->> 16, value ->> 17
    from jsonb_each(?1)`;

const INSERT_RUNNING = `insert into running (id, task, schedule, due_at, created_at, ready_at,
    definition, trigger_kind, trigger_by, gate, deadline_at, attempts, payload, forced, node,
    claim_id, fence, started_at)
  select value ->> 0, value ->> 1, value ->> 2, value ->> 3, ?2, value ->> 4, value ->> 5,
    'schedule', value ->> 6, value ->> 7, value ->> 8, '', value ->> 9, 0, ?3, ?4, ?5, ?2
    from jsonb_each(?1)`;

/** `?1` to `?5`: node, claim, fence, now, and the limit; `?6`, `?7`: which alone, and made until when. */
const TAKE = `insert into running (${RUN_COLUMNS}, forced, node, claim_id, fence, started_at)
  select ${RUN_COLUMNS}, forced, ?, ?, ?, ? from pending where ${CLAIMABLE}
  and (? is null or id = ?) and (? is null or created_at <= ?)
  order by ready_at, id limit cast(? as bigint)
  on conflict (id) do nothing
  returning ${CLAIMED_COLUMNS}`;

const HELD =
  "from jsonb_each(?) s cross join running r on r.id = s.value ->> 0 and r.fence = s.value ->> 1";

/** What is not running under its fence any more is passed over. */
const FINISH = `insert into history (${RUN_COLUMNS}, node, fence, started_at, ended_at, state,
    outcome, reason, exit_code, signal, log_bytes, log_dropped, result, error, report, progress,
    asked, asked_by)
  select ${RUN_COLUMNS.replace(/\w+/g, "r.$&")}, r.node, r.fence, r.started_at, s.value ->> 2,
    s.value ->> 3, s.value ->> 4, s.value ->> 5, s.value ->> 6, s.value ->> 7, s.value ->> 8,
    s.value ->> 9, s.value ->> 10, s.value ->> 11, coalesce(s.value ->> 12, r.report),
    coalesce(s.value ->> 13, r.progress), r.asked, r.asked_by
  ${HELD}`;

/** What is hot, in SQLite's own words. */
export const SQLITE_HOT: Hot = {
  raiseMark,
  nextFence,
  moveCursors: (moves, node, now) =>
    tuples<MovedCursor>(MOVE_CURSORS, JSON.stringify(moves), now, node),
  insertPending: (rows, now) => put(INSERT_PENDING, JSON.stringify(rows), now),
  insertRunning: (rows, { node, claimId, fence }, now) =>
    put(INSERT_RUNNING, JSON.stringify(rows), now, node, claimId, fence),
  *take({ node, claimId, only, madeUntil = null, limit }, now) {
    if (!(yield* isDue(node, now))) return [];
    yield* put("update node set last_claim = ? where id = ?", claimId, node);
    const fence = yield* nextFence();
    const claim: readonly Value[] = [node, claimId, fence, now, now, node];
    const taken = yield* tuples<ClaimedTuple>(
      TAKE,
      ...claim,
      only,
      only,
      madeUntil,
      madeUntil,
      limit,
    );
    yield* remove(
      "pending",
      taken.map(([id]) => id),
    );
    return taken;
  },
  *finish(rows) {
    const text = JSON.stringify(rows.map(trimmed));
    const written = yield* count(FINISH, text);
    // As a rule all of them: to have each returned costs as much as a fourth of writing it.
    if (written === rows.length) {
      yield* remove(
        "running",
        rows.map(([run]) => run),
      );
      return "all";
    }
    const held = yield* tuples<[run: string]>(`select r.id ${HELD}`, text);
    const finished = new Set(held.map(([run]) => run));
    yield* remove("running", [...finished]);
    return finished;
  },
};

function remove(table: "pending" | "running", ids: readonly string[]): Work<void> {
  return put(`delete from ${table} where id = any(?)`, ids);
}

/** What is left out at the end reads as null too. */
function trimmed(row: HotRow): HotRow {
  let length = row.length;
  while (length > 0 && row[length - 1] === null) length -= 1;
  return length === row.length ? row : row.slice(0, length);
}
