import type { Overlap } from "../../core/definition.ts";
import type { NewGap } from "../../planning.ts";
import { writeRunGap } from "./gaps.ts";
import { enter, type Met, topup } from "./gates.ts";
import { PAUSE_IN_FORCE } from "./pause.ts";
import { endWaiting, type Waiting } from "./waiting.ts";
import { all, put, type Work } from "./work.ts";

interface Expected extends Waiting {
  gate: string;
  overlap: Overlap;
  live: number;
  /** Whether something came between since it was made, of which who made it could not know. */
  hold: "removed" | "paused" | "open";
}

const EXPECTED = `select p.id, p.task, p.schedule, p.trigger_by, p.trigger_kind, p.due_at,
  p.definition, p.day_end_at, p.next_at, p.gate, p.attempts, p.overlap, p.live,
  case when t.enabled is distinct from 1 then 'removed'
    when p.forced = 0 and ${PAUSE_IN_FORCE} then 'paused' else 'open' end as hold
  from pending p left join task t on t.name = p.task
  where p.overlap is not null and p.ready_at <= ? and p.gate = any(?)
  order by p.ready_at, p.id for update of p`;

/**
 * What has yet to meet its gate meets it, each by its policy, in order: what came due live and has
 * waited for its jitter, and what was triggered in a transaction, which commits when it likes.
 * The gates are held: whoever held them before may have let it in.
 */
export function* admitExpected(gates: readonly string[], now: number): Work<Met> {
  const rows = yield* all<Expected>(EXPECTED, now, now, gates);
  const wishes: Met["wishes"][number][] = [];
  const gaps: NewGap[] = [];
  for (const run of rows) {
    if (run.hold !== "open") {
      yield* hold(run, run.hold, now);
      continue;
    }
    const { id, gate, overlap } = run;
    const live = run.live === 1;
    const { admission, ...met } = yield* enter({ run: id, gate, live, overlap }, now);
    wishes.push(...met.wishes);
    gaps.push(...met.gaps);
    if (admission === "skip") {
      yield* put("delete from pending where id = ?", id);
      gaps.push(...(yield* writeRunGap(run, "overlap")));
    } else if (admission === "start") {
      yield* put("update pending set slot = 1, overlap = null where id = ?", id);
    } else {
      yield* put(
        "update pending set parked = 'gate', ready_at = null, overlap = null where id = ?",
        id,
      );
    }
  }
  return { wishes, gaps };
}

/** As a pause, or a release without the task, would have done had it seen the run. */
function* hold(
  { id, gate }: Pick<Expected, "id" | "gate">,
  why: "removed" | "paused",
  now: number,
): Work<void> {
  if (why === "removed") {
    yield* endWaiting(id, { state: "cancelled", reason: "cancelled", by: "release" }, now);
    yield* topup(gate, now);
    return;
  }
  yield* put(
    `update pending set held_at = ready_at, ready_at = null, parked = 'paused', overlap = null
     where id = ?`,
    id,
  );
}
