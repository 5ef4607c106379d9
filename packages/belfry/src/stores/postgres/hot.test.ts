import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { systemClock } from "../../clocks/system.ts";
import { occurrenceId } from "../../core/identity.ts";
import type { EndRow } from "../sql/hot.ts";
import { endNode } from "../sql/nodes.ts";
import type { ClaimedTuple } from "../sql/rows.ts";
import { LEASE, NOON, SECOND } from "../store.fixture.ts";
import { Connection } from "./connection.ts";
import { perform } from "./drive.ts";
import * as hot from "./hot.ts";
import { ask, PACE, waitsForLock, withLines } from "./line.fixture.ts";
import { makePartitions } from "./partitions.ts";
import { migrate } from "./schema.ts";
import { emptyDatabase, NO_SERVER } from "./server.fixture.ts";
import { native } from "./statement.ts";
import { transact } from "./transaction.ts";

const url = NO_SERVER === false ? await emptyDatabase() : "";

/** Three nodes, three tasks, and nothing that waits. */
async function staged(
  lines: number,
  test: (...lines: readonly [Connection, Connection, ...Connection[]]) => Promise<void>,
): Promise<void> {
  await withLines(url, Math.max(2, lines), async (first, second, ...rest) => {
    assert.ok(first !== undefined && second !== undefined);
    await migrate(first, PACE);
    await makePartitions(first, PACE, NOON);
    await ask(
      first,
      "truncate belfry.pending, belfry.running, belfry.history, belfry.node, belfry.node_task",
    );
    for (const [node, tasks] of Object.entries({ n1: ["a", "b"], n2: ["a", "b"], n3: ["c"] })) {
      await ask(
        first,
        `insert into belfry.node (id, host, pid, version, concurrency, lease_until, state,
           started_at, releases) values ($1, 'h', 1, '0', 10, $2, 'alive', $3, '[]')`,
        [node, NOON + LEASE, NOON],
      );
      const code = "insert into belfry.node_task select $1, unnest($2::text[])";
      await ask(first, code, [node, tasks]);
    }
    await test(first, second, ...rest);
  });
}

interface Waiting {
  readonly task?: string;
  readonly readyAt?: number | null;
  readonly gate?: string;
  readonly slot?: number;
}

/** Runs of instants before noon, in order; their ids. */
async function wait(line: Connection, ...runs: readonly Waiting[]): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const [index, { task = "a", readyAt, gate = null, slot = 0 }] of runs.entries()) {
    const dueAt = NOON - (runs.length - index) * SECOND;
    const id = occurrenceId(`${task} ${index}`, dueAt);
    ids.push(id);
    await ask(
      line,
      `insert into belfry.pending (id, task, due_at, created_at, ready_at, definition, trigger_kind,
         trigger_by, gate, attempts, slot, forced, live)
       values ($1, $2, $3, $3, $4, 'd', 'schedule', 'default', $5, '', $6, 0, 1)`,
      [id, task, dueAt, readyAt === undefined ? dueAt : readyAt, gate, slot],
    );
  }
  return ids;
}

/** As its line does them. */
const take = (line: Connection, wanted: hot.TakeRequest, now: number) =>
  perform(line, hot.take(wanted, now));
const finish = (line: Connection, ends: readonly EndRow[]) => perform(line, hot.finish(ends));
/** In a transaction of its own. */
const finishOnly = (line: Connection, ends: readonly EndRow[]) =>
  transact(line, "work", PACE, () => finish(line, ends));

function request(over: Partial<hot.TakeRequest> = {}): hot.TakeRequest {
  const rest = { floor: 0, limit: 100, only: null, madeUntil: null };
  return { node: "n1", claimId: "c1", ...rest, ...over };
}

async function taken(
  line: Connection,
  over: Partial<hot.TakeRequest> = {},
  now = NOON,
): Promise<readonly string[]> {
  return (await take(line, request(over), now)).map(([id]) => id);
}

function fenceOf(run: ClaimedTuple | undefined): number {
  assert.ok(run !== undefined);
  return run[14];
}

interface End {
  readonly endedAt: number;
  readonly state: string;
  readonly outcome: string;
  readonly reason: string | null;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly logBytes: number | null;
  readonly logDropped: number | null;
  readonly result: string | null;
  readonly error: string | null;
  readonly report: string | null;
  readonly progress: string | null;
}

const SUCCEEDED: End = {
  endedAt: NOON + 5,
  state: "succeeded",
  outcome: "succeeded",
  reason: null,
  exitCode: null,
  signal: null,
  logBytes: null,
  logDropped: null,
  result: null,
  error: null,
  report: null,
  progress: null,
};

function end(
  run: ClaimedTuple | undefined,
  over: Partial<End> = {},
  fence: number = fenceOf(run),
): EndRow {
  assert.ok(run !== undefined);
  const { endedAt, state, outcome, reason, exitCode, signal, ...rest } = { ...SUCCEEDED, ...over };
  const { logBytes, logDropped, result, error, report, progress } = rest;
  const process = [exitCode, signal, logBytes, logDropped] as const;
  const told = [result, error, report, progress] as const;
  return [run[0], fence, endedAt, state, outcome, reason, ...process, ...told];
}

/** How many runs stand where. */
async function places(line: Connection): Promise<unknown> {
  const [row] = await ask(
    line,
    `select (select count(*) from belfry.pending), (select count(*) from belfry.running),
       (select count(*) from belfry.history)`,
  );
  return row;
}

describe("taking runs on PostgreSQL", { skip: NO_SERVER }, () => {
  it("takes what is due, oldest first, under one fence that rises with each claim", () =>
    staged(1, async (line) => {
      const ids = await wait(line, {}, { task: "b" }, {}, { readyAt: NOON + 1 });
      const first = await take(line, request({ limit: 2 }), NOON);
      assert.deepEqual(
        first.map(([id]) => id),
        ids.slice(0, 2),
      );
      assert.equal(new Set(first.map(fenceOf)).size, 1);
      const second = await take(line, request({ claimId: "c2" }), NOON);
      assert.deepEqual(
        second.map(([id]) => id),
        ids.slice(2, 3),
      );
      assert.ok(fenceOf(second[0]) > fenceOf(first[0]));
      assert.deepEqual(await places(line), [1, 3, 0]);
      const claims = await ask(line, "select claim_id, node, started_at from belfry.running");
      assert.deepEqual(claims.at(-1), ["c2", "n1", NOON]);
    }));

  it("gives out by readiness, in whatever order the table has them", () =>
    staged(1, async (line) => {
      const [late, early, middle] = await wait(
        line,
        { readyAt: NOON - 1 },
        { readyAt: NOON - 3 },
        { readyAt: NOON - 2 },
      );
      assert.deepEqual(await taken(line), [early, middle, late]);
    }));

  it("goes on where it was, and finds what came late where there is room for more, or two seconds later", () =>
    staged(1, async (line) => {
      const own = hot.postgresHot();
      const claim = async (now: number): Promise<readonly string[]> => {
        const request = { node: "n1", claimId: "c", limit: 500, only: null };
        return (await perform(line, own.take(request, now))).map(([id]) => id);
      };
      const onTime = (count: number) =>
        wait(line, ...Array.from({ length: count }, () => ({ readyAt: NOON })));
      const late = async (): Promise<string> =>
        (await wait(line, { task: "b", readyAt: NOON - 60 * SECOND }))[0] ?? "";
      await onTime(1_100);
      assert.equal((await claim(NOON)).length, 500);
      const first = await late();
      const second = await claim(NOON + 1);
      assert.deepEqual([second.length, second.includes(first)], [500, false]);
      const third = await claim(NOON + 2);
      assert.deepEqual([third.length, third.includes(first)], [101, true]);
      await ask(line, "truncate belfry.running");
      await onTime(1_100);
      assert.equal((await claim(NOON + 3)).length, 500);
      const last = await late();
      assert.equal((await claim(NOON + 2_003))[0], last);
    }));

  it("leaves what has no slot, other code, another floor, and what is not asked for", () =>
    staged(1, async (line) => {
      const [free, held, , slot] = await wait(
        line,
        {},
        { gate: "g" },
        { task: "c" },
        { gate: "g", slot: 1 },
        { readyAt: null },
      );
      assert.ok(free !== undefined && held !== undefined && slot !== undefined);
      assert.deepEqual(await taken(line, { floor: NOON }), []);
      assert.deepEqual(await taken(line, { madeUntil: NOON - 10 * SECOND }), []);
      assert.deepEqual(await taken(line, { only: [held] }), []);
      assert.deepEqual(await taken(line, { only: [slot, held] }), [slot]);
      assert.deepEqual(await taken(line), [free]);
      assert.deepEqual(await taken(line, { node: "n3" }), [
        (await ask(line, "select id from belfry.running where task = 'c'"))[0]?.[0],
      ]);
    }));

  it("takes nothing for a node that is dead, unknown, or whose lease has run out", () =>
    staged(1, async (line) => {
      await wait(line, {});
      assert.deepEqual(await taken(line, {}, NOON + LEASE + 1), []);
      assert.deepEqual(await taken(line, { node: "n3" }), []);
      await perform(line, endNode("n1", "dead", NOON));
      assert.deepEqual(await taken(line), []);
      assert.deepEqual(await places(line), [1, 0, 0]);
    }));

  it("passes over what another is taking, without waiting for it", () =>
    staged(2, async (one, two) => {
      const ids = await wait(one, {}, {}, {}, {}, {});
      await transact(one, "work", PACE, async () => {
        assert.deepEqual(await taken(one, { limit: 3 }), ids.slice(0, 3));
        assert.deepEqual(await taken(two, { node: "n2", claimId: "c2" }), ids.slice(3));
      });
      assert.deepEqual(await places(one), [0, 5, 0]);
    }));

  it("gives each run to one node where two take what the other has just undone", () =>
    staged(2, async (one, two) => {
      const ids = await wait(one, {}, {});
      const undone = transact(one, "work", PACE, async () => {
        assert.equal((await taken(one)).length, 2);
        throw new TypeError("undone");
      });
      await assert.rejects(undone, TypeError);
      assert.deepEqual(await taken(two, { node: "n2" }), ids);
      assert.deepEqual(await taken(one), []);
    }));

  it("takes nothing where its node is being declared dead meanwhile", () =>
    staged(3, async (reaper, node, observer = reaper) => {
      await wait(reaper, {});
      let taking: Promise<readonly string[]> | null = null;
      await transact(reaper, "work", PACE, async () => {
        await perform(reaper, endNode("n1", "dead", NOON));
        taking = taken(node);
        await waitsForLock(observer);
      });
      assert.deepEqual(await taking, []);
      assert.deepEqual(await places(reaper), [1, 0, 0]);
    }));

  it("leaves nothing behind for a reaper that declares the node dead meanwhile", () =>
    staged(3, async (node, reaper, observer = node) => {
      const ids = await wait(node, {}, {});
      let orphans: Promise<unknown> | null = null;
      await transact(node, "work", PACE, async () => {
        assert.deepEqual(await taken(node), ids);
        orphans = transact(reaper, "work", PACE, async () => {
          await perform(reaper, endNode("n1", "dead", NOON));
          return await ask(reaper, "select id from belfry.running where node = 'n1' order by id");
        });
        await waitsForLock(observer);
      });
      assert.deepEqual(
        await orphans,
        ids.map((id) => [id]),
      );
    }));

  it("plans by the order of readiness, though its plan was made while nothing waited", async () => {
    const planned = await Connection.open({
      url,
      purpose: "hot",
      deadlineMs: 10_000,
      clock: systemClock,
      settings: hot.HOT_SETTINGS,
    });
    await staged(1, async (line) => {
      await ask(line, "vacuum analyze belfry.pending");
      for (let n = 0; n < 8; n += 1) assert.deepEqual(await taken(planned), []);
      const found = await planned.tuples<[string, string]>(
        native("select name, statement from pg_prepared_statements where statement like $1"),
        ["%skip locked%"],
      );
      const [name] = found.rows[0] ?? [];
      await wait(line, ...Array.from({ length: 20 }, () => ({})));
      const args = `'n1', ${NOON}, 0, ${NOON}, 5, 'c'`;
      const rows = await ask(planned, `explain execute ${name} (${args})`);
      const plan = rows.join("\n");
      assert.match(plan, /Index Scan using pending_ready on pending/);
      assert.match(plan, /Tid Scan on pending/);
      assert.doesNotMatch(plan, /Bitmap|Seq Scan on (pending|running)/);
      assert.doesNotMatch(plan.slice(0, plan.indexOf("CTE gone")), /Sort.*\n.*Index/);
    });
    await planned.close();
  });
});

describe("finishing runs on PostgreSQL", { skip: NO_SERVER }, () => {
  it("writes how each ended, once", () =>
    staged(1, async (line) => {
      await wait(line, {}, {});
      const runs = await take(line, request(), NOON);
      await ask(line, "update belfry.running set progress = '1/2', asked = 'cancelled'");
      const error = '{"message":"it\'s \\"late\\""}';
      const failed = end(runs[1], {
        state: "failed",
        outcome: "timed-out",
        reason: "exhausted",
        exitCode: 124,
        signal: "SIGTERM",
        logBytes: 10,
        error,
        progress: "2/2",
      });
      const ends = [end(runs[0], { result: "{}" }), failed];
      assert.deepEqual(await finish(line, ends), "all");
      assert.deepEqual(await finish(line, ends), new Set());
      assert.deepEqual(
        await ask(
          line,
          `select state, outcome, reason, exit_code, signal, log_bytes, result, error, progress, asked,
             node, started_at, ended_at from belfry.history order by id`,
        ),
        [
          [
            "succeeded",
            "succeeded",
            null,
            null,
            null,
            null,
            "{}",
            null,
            "1/2",
            "cancelled",
            "n1",
            NOON,
            NOON + 5,
          ],
          [
            "failed",
            "timed-out",
            "exhausted",
            124,
            "SIGTERM",
            10,
            null,
            error,
            "2/2",
            "cancelled",
            "n1",
            NOON,
            NOON + 5,
          ],
        ],
      );
      assert.deepEqual(await places(line), [0, 0, 2]);
    }));

  it("changes nothing under a stale fence", () =>
    staged(1, async (line) => {
      const [id] = await wait(line, {}, {});
      const runs = await take(line, request(), NOON);
      const stale = end(runs[0], {}, fenceOf(runs[0]) - 1);
      assert.deepEqual(await finishOnly(line, [stale, end(runs[1])]), new Set([runs[1]?.[0]]));
      assert.deepEqual(await ask(line, "select id from belfry.running"), [[id]]);
    }));

  it("lets one of the attempt's end and its loss win, whichever comes first", () =>
    staged(3, async (node, reaper, observer = node) => {
      for (const [first, second] of [
        ["succeeded", "lost"],
        ["lost", "succeeded"],
      ] as const) {
        await ask(node, "truncate belfry.history");
        await wait(node, {});
        const [run] = await take(node, request(), NOON);
        const by = (outcome: "succeeded" | "lost"): EndRow =>
          end(run, { outcome, state: outcome === "lost" ? "failed" : "succeeded" });
        let late: Promise<unknown> | null = null;
        await transact(node, "work", PACE, async () => {
          assert.equal(await finish(node, [by(first)]), "all");
          late = finishOnly(reaper, [by(second)]);
          await waitsForLock(observer);
        });
        assert.deepEqual(await late, new Set());
        assert.deepEqual(await ask(node, "select outcome from belfry.history"), [[first]]);
      }
    }));

  it("is too late where the loss sent the run back and another node took it", () =>
    staged(2, async (node, reaper) => {
      await wait(node, {});
      const [run] = await take(node, request(), NOON);
      const back = native(`with gone as (delete from belfry.running returning *)
        insert into belfry.pending (id, task, due_at, created_at, ready_at, definition, trigger_kind,
          trigger_by, attempts, slot, forced, live)
        select id, task, due_at, created_at, ready_at, definition, trigger_kind, trigger_by, '{}', 0,
          0, 0 from gone`);
      await reaper.send(back);
      const [again] = await take(reaper, request({ node: "n2", claimId: "c2" }), NOON);
      assert.deepEqual(await finish(node, [end(run)]), new Set());
      assert.equal(await finish(reaper, [end(again)]), "all");
      assert.deepEqual(await ask(node, "select node from belfry.history"), [["n2"]]);
    }));
});
