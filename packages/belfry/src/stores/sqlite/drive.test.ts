import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { all, count, one, put, type Work } from "../sql/work.ts";
import { Database } from "./database.ts";
import { perform } from "./drive.ts";

interface Letter {
  readonly id: string;
}

function letters(): Database {
  const db = new Database(":memory:");
  db.exec("create table letter (id text primary key, n integer) strict");
  db.exec("create index letter_n on letter (n)");
  db.exec("insert into letter values ('a', 1), ('b', 2), ('c', 3)");
  return db;
}

function idsOf(db: Database, work: Work<readonly Letter[]>): readonly string[] {
  return perform(db, work).map(({ id }) => id);
}

describe("works on SQLite", () => {
  it("take lists of values, empty ones too", () => {
    const db = letters();
    const among = "select id from letter where id = any(?) order by id";
    const apart = "select id from letter where id <> all(?) order by id";
    assert.deepEqual(idsOf(db, all<Letter>(among, ["a", "c"])), ["a", "c"]);
    assert.deepEqual(idsOf(db, all<Letter>(among, [])), []);
    assert.deepEqual(idsOf(db, all<Letter>(apart, ["a", "c"])), ["b"]);
    assert.deepEqual(idsOf(db, all<Letter>(apart, [])), ["a", "b", "c"]);
    const rows = "select value as id from unnest(cast(? as text[])) as value";
    assert.deepEqual(idsOf(db, all<Letter>(rows, ["x", "y"])), ["x", "y"]);
    db.close();
  });

  it("read what they would lock elsewhere, and pass over what only locks", () => {
    const db = letters();
    const held = "select id from letter order by id limit cast(? as bigint) for update skip locked";
    assert.deepEqual(idsOf(db, all<Letter>(held, 2)), ["a", "b"]);
    const of = "select l.id from letter l where l.id = ? for update of l skip locked";
    assert.deepEqual(idsOf(db, all<Letter>(of, "b")), ["b"]);
    perform(db, put("select 1 from no_such_table for update"));
    assert.throws(() => perform(db, put("delete from no_such_table")), /no such table/);
    db.close();
  });

  it("use the index that a hint names", () => {
    const db = letters();
    const hinted = "select id from letter /* by letter_n */ where n = ?";
    assert.deepEqual(idsOf(db, all<Letter>(hinted, 2)), ["b"]);
    const wrong = "select id from letter /* by no_such_index */ where n = ?";
    assert.throws(() => perform(db, all(wrong, 2)), /no such index/);
    db.close();
  });

  it("go on with the reply to each statement, and answer with what they return", () => {
    const db = letters();
    function* raise(by: number): Work<string> {
      const changed = yield* count("update letter set n = n + ? where n > 1", by);
      yield* put("delete from letter where n = ?", 1);
      const last = yield* one<Letter>("select id from letter order by n desc limit 1");
      const none = yield* one("select id from letter where n = 1");
      return `${changed} changed, ${last?.id} is last, ${none === undefined ? "none" : "one"} is 1`;
    }
    assert.equal(perform(db, raise(10)), "2 changed, c is last, none is 1");
    db.close();
  });
});
