import { CLAIMABLE, isDue } from "../sql/claim.ts";
import type { EndRow, Hot } from "../sql/hot.ts";
import { raiseMark } from "../sql/mark.ts";
import { CLAIMED_COLUMNS, type ClaimedTuple, RUN_COLUMNS } from "../sql/rows.ts";
import { count, one, put, type Single, tuples, type Value, type Work } from "../sql/work.ts";

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
  nextFence: () => readFence("update meta set fence = fence + 1 returning fence"),
  lastFence: () => readFence("select fence from meta"),
  raiseFences: (above) => put("update meta set fence = max(fence, ?)", above),
  *take({ node, claimId, only, madeUntil = null, limit }, now) {
    if (!(yield* isDue(node, now))) return [];
    yield* put("update node set last_claim = ? where id = ?", claimId, node);
    const fence = yield* SQLITE_HOT.nextFence();
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

function* readFence(sql: string): Work<number> {
  const row = yield* one<{ fence: number }>(sql);
  if (row === undefined) throw new Error("The store has lost its meta row.");
  return row.fence;
}

function remove(table: "pending" | "running", ids: readonly string[]): Work<void> {
  return put(`delete from ${table} where id = any(?)`, ids);
}

/** What is left out at the end reads as null too. */
function trimmed(row: EndRow): readonly Single[] {
  let length = row.length;
  while (length > 0 && row[length - 1] === null) length -= 1;
  return length === row.length ? row : row.slice(0, length);
}
