import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { after, before, describe, it } from "node:test";
import { systemClock } from "../../clocks/system.ts";
import { BelfryError } from "../../core/errors.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";
import { isAway } from "./failures.ts";
import { asking, emptyDatabase, NO_ROLES, NO_SERVER, NO_TLS, OwnServer } from "./server.fixture.ts";
import { native } from "./statement.ts";

const url = NO_SERVER === false ? await emptyDatabase() : "";

function open(over: Partial<ConnectionOptions> = {}): Promise<Connection> {
  return Connection.open({ url, purpose: "test", deadlineMs: 10_000, clock: systemClock, ...over });
}

async function opened(work: (line: Connection) => Promise<void>): Promise<void> {
  const line = await open();
  try {
    await work(line);
  } finally {
    await line.close();
  }
}

function storeUnavailable(words: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof BelfryError, String(error));
    assert.equal(error.code, "store-unavailable");
    assert.match(error.message, words);
    return true;
  };
}

describe("a line to PostgreSQL", { skip: NO_SERVER }, () => {
  it("sends what follows before the answers are there, and keeps them apart", () =>
    opened(async (line) => {
      const asked = [1, 2, 3].map((n) =>
        line.send<{ n: number }>(native("select cast($1 as bigint) as n"), [n]),
      );
      const wrong = line.send(native("select 1 / $1::int"), [0]);
      const after = line.tuples(native("values ('a', 1::bigint), ('b', null)"));
      assert.deepEqual(
        (await Promise.all(asked)).map(({ rows }) => rows[0]?.n),
        [1, 2, 3],
      );
      await assert.rejects(wrong, /division by zero/);
      const { rows, count } = await after;
      assert.deepEqual(rows, [
        ["a", 1],
        ["b", null],
      ]);
      assert.equal(count, 2);
    }));

  it("reads numbers as numbers, yes and no as 1 and 0, and leaves text and JSON alone", () =>
    opened(async (line) => {
      const { rows } = await line.send(
        native(`select 9007199254740991::bigint as a, sum(x) as b, true as c, 1 = 2 as d,
          '{"x": 1}'::jsonb as e, 'ä''"' as f, null::bigint as g
          from unnest($1::bigint[]) as x`),
        [[1, 2]],
      );
      assert.deepEqual(rows, [
        { a: 9007199254740991, b: 3, c: 1, d: 0, e: '{"x": 1}', f: "ä'\"", g: null },
      ]);
    }));

  it("refuses a number that JavaScript cannot hold exactly, and goes on", () =>
    opened(async (line) => {
      await assert.rejects(
        line.send(native("select 9007199254740993::bigint")),
        /cannot hold exactly/,
      );
      assert.equal((await line.send(native("select 1 as one"))).count, 1);
    }));

  it("takes lists with whatever is in their texts", () =>
    opened(async (line) => {
      const texts = ['"', "\\", "{}", "a,b", "", "null", "ü", null];
      const { rows } = await line.tuples(
        native("select value from unnest(cast($1 as text[])) as t(value)"),
        [texts],
      );
      assert.deepEqual(
        rows.map(([text]) => text),
        texts,
      );
    }));

  it("is found by what it is for, and plans a statement once where nothing lies between", () =>
    opened(async (line) => {
      assert.equal(line.link, "direct");
      for (const n of [1, 2]) await line.send(native("select $1::int as plans"), [n]);
      const prepared = await line.tuples(
        native("select count(*) from pg_prepared_statements where statement like '%as plans'"),
      );
      assert.deepEqual(prepared.rows, [[1]]);
      const { rows } = await line.send(
        native(
          "select application_name as name from pg_stat_activity where pid = pg_backend_pid()",
        ),
      );
      assert.deepEqual(rows, [{ name: "belfry test" }]);
    }));

  it("is planned anew under the same name after it failed in a broken transaction", () =>
    opened(async (line) => {
      const begun = line.send(native("begin"));
      const broken = line.send(native("select 1 / 0"));
      const later = line.send(native("select 1 as later"));
      const over = line.send(native("rollback"));
      const results = await Promise.allSettled([begun, broken, later, over]);
      assert.deepEqual(
        results.map(({ status }) => status),
        ["fulfilled", "rejected", "rejected", "fulfilled"],
      );
      assert.deepEqual((await line.send(native("select 1 as later"))).rows, [{ later: 1 }]);
    }));

  it("is ended when an answer takes too long, and says so", async () => {
    const silent = createServer(() => {});
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    const bound = silent.address();
    assert.ok(bound !== null && typeof bound === "object");
    const mute = `postgres://u:hidden@127.0.0.1:${bound.port}/app`;
    await assert.rejects(open({ url: mute, deadlineMs: 500 }), (error) => {
      assert.ok(!JSON.stringify([String(error), Object.entries(Object(error))]).includes("hidden"));
      return storeUnavailable(/127\.0\.0\.1:\d+\/app cannot be used: the server did not answer/)(
        error,
      );
    });
    silent.close();

    const line = await open({ deadlineMs: 1_000 });
    await line.send({ text: "set statement_timeout = 0", name: null });
    const slow = line.send(native("select pg_sleep(60)"));
    const behind = line.send(native("select 1"));
    await assert.rejects(slow, storeUnavailable(/did not answer within 1000 ms/));
    await assert.rejects(behind, storeUnavailable(/did not answer within 1000 ms/));
    await assert.rejects(line.send(native("select 1")), storeUnavailable(/did not answer/));
    await line.close();
  });

  it("may take long over one statement, but not keep a transaction open for as long", async () => {
    const line = await open({ deadlineMs: 60_000 });
    const limits = native(
      `select current_setting('statement_timeout') as statement,
         current_setting('idle_in_transaction_session_timeout') as still`,
    );
    assert.deepEqual((await line.send(limits)).rows, [{ statement: "1min", still: "5s" }]);
    await line.close();
  });

  it("fails whatever is under way when the server ends it, and says that it is away", async () => {
    const line = await open();
    const { rows } = await line.send<{ pid: number }>(native("select pg_backend_pid() as pid"));
    const slow = line.send(native("select pg_sleep(60)"));
    const failed = assert.rejects(slow, (error) => {
      assert.ok(isAway(error));
      return storeUnavailable(/terminating connection due to administrator command/)(error);
    });
    await asking(url, `select pg_terminate_backend(${rows[0]?.pid})`);
    await failed;
    await assert.rejects(line.send(native("select 1")), storeUnavailable(/cannot be used/));
  });

  it("asks for the password at each opening", { skip: NO_ROLES }, async () => {
    await asking(url, "drop role if exists guarded; create role guarded login password 'first'");
    const guarded = url.replace("tester@", "guarded:stale@");
    let now = "first";
    const password = async (): Promise<string> => now;
    await (await open({ url: guarded, password })).close();
    await asking(url, "alter role guarded password 'second'");
    await assert.rejects(
      open({ url: guarded, password }),
      storeUnavailable(/password authentication failed for user "guarded"/),
    );
    now = "second";
    await (await open({ url: guarded, password })).close();
    await (await open({ url: guarded.replace("stale", "second") })).close();
  });

  it("lets transactions come one after another", () =>
    opened(async (line) => {
      const order: string[] = [];
      const step = async (name: string): Promise<void> => {
        order.push(`${name} begins`);
        await line.send(native("select 1"));
        order.push(`${name} ends`);
      };
      const failing = line.inTurn(async () => {
        await step("a");
        throw new Error("a failed");
      });
      const [a, b] = await Promise.allSettled([failing, line.inTurn(() => step("b"))]);
      assert.equal(a.status, "rejected");
      assert.equal(b.status, "fulfilled");
      assert.deepEqual(order, ["a begins", "a ends", "b begins", "b ends"]);
    }));
});

describe("a line over a network", { skip: NO_TLS }, () => {
  let server: OwnServer;
  before(async () => {
    server = await OwnServer.start({ tls: true });
  });
  after(() => server[Symbol.asyncDispose]());

  it("is given up by the server a minute after its client was swallowed", async () => {
    const line = await open({ url: `postgres://tester@127.0.0.1:${server.port}/postgres` });
    const shown = ["idle", "interval", "count"].map(
      (what) => `current_setting('tcp_keepalives_${what}')::int`,
    );
    const { rows } = await line.tuples<[number, number, number]>(
      native(`select ${shown.join(", ")}`),
    );
    const [idle, interval, count] = rows[0] ?? [0, 0, 0];
    assert.equal(idle + interval * count, 60);
    await line.close();
  });

  it("has TLS as the URL says: trusted, refused where nobody vouches for it, or asked for nothing", async () => {
    const host = `postgres://tester@localhost:${server.port}/postgres`;
    const encrypted = async (url: string): Promise<unknown> => {
      const line = await open({ url });
      const { rows } = await line.tuples(
        native("select ssl from pg_stat_ssl where pid = pg_backend_pid()"),
      );
      await line.close();
      return rows[0]?.[0];
    };
    const root = `sslrootcert=${server.folder}/data/server.crt`;
    assert.equal(await encrypted(`${host}?sslmode=verify-full&${root}`), 1);
    assert.equal(await encrypted(`${host}?uselibpqcompat=true&sslmode=require`), 1);
    assert.equal(await encrypted(`${host}?sslmode=disable`), 0);
    assert.equal(await encrypted(host), 0);
    await assert.rejects(open({ url: `${host}?sslmode=verify-full` }), (error) => {
      assert.ok(error instanceof BelfryError);
      assert.match(error.hint ?? "", /sslrootcert/);
      return storeUnavailable(/self-signed certificate/)(error);
    });
    const otherName = host.replace("localhost", "127.0.0.1");
    await assert.rejects(
      open({ url: `${otherName}?sslmode=verify-full&${root}` }),
      storeUnavailable(/does not match certificate/),
    );
  });
});

describe("a URL of PostgreSQL that cannot be used", () => {
  const secret = /s3c|cr3t/;

  it("is refused without a part of its password", async () => {
    for (const bad of ["postgres://u:s3c/cr3t@h/db", "postgres://u:12/cr3t@h/db", "postgres://["]) {
      await assert.rejects(open({ url: bad }), (error) => {
        assert.ok(error instanceof BelfryError);
        assert.equal(error.code, "bad-store");
        assert.doesNotMatch(`${error.stack} ${String(error.cause)}`, secret);
        return true;
      });
    }
  });

  it("says which file it names that is not there", async () => {
    const bad = "postgres://u:s3cr3t@h/db?sslmode=verify-full&sslrootcert=/no/such/file";
    await assert.rejects(open({ url: bad }), /names a file that cannot be read: ENOENT.*no\/such/);
  });

  it("names the server that is not there, and what to look at", async () => {
    await assert.rejects(open({ url: "postgres://u:s3cr3t@127.0.0.1:1/db" }), (error) => {
      assert.ok(error instanceof BelfryError);
      assert.doesNotMatch(`${error.stack} ${String(error.cause)}`, secret);
      assert.match(error.hint ?? "", /runs/);
      return storeUnavailable(/postgres:\/\/127\.0\.0\.1:1\/db .*ECONNREFUSED/)(error);
    });
    await assert.rejects(
      open({ url: "postgres://u@/db?host=/no/such/folder" }),
      storeUnavailable(/\/no\/such\/folder/),
    );
  });
});
