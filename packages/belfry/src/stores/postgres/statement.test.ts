import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { native, statementOf, TABLES, translate } from "./statement.ts";

describe("a statement for PostgreSQL", () => {
  it("numbers what it is given", () => {
    assert.equal(translate("select ? + ?"), "select $1 + $2");
  });

  it("leaves alone what is quoted or a comment", () => {
    const text = `select '?', 'it''s from task ?', "from task?" -- from task ?\n`;
    assert.equal(translate(`${text}, ?`), `${text}, $1`);
    assert.equal(translate("select ? /* by x? */ + ?"), "select $1 /* by x? */ + $2");
  });

  it("names the schema of each table, and of no column", () => {
    assert.equal(
      translate("select task, day from task join node n on n.id = task.node where task = ?"),
      "select task, day from belfry.task join belfry.node n on n.id = task.node where task = $1",
    );
    assert.equal(
      translate("insert into lock (name) values (?)"),
      "insert into belfry.lock (name) values ($1)",
    );
    assert.equal(translate("update gate set max = ?"), "update belfry.gate set max = $1");
    assert.equal(translate("delete from node_task"), "delete from belfry.node_task");
    assert.equal(translate("select 1 from\n  running"), "select 1 from\n  belfry.running");
    assert.equal(
      translate("select a is distinct from task from pending"),
      "select a is distinct from task from belfry.pending",
    );
    assert.equal(translate("select 1 from due for update"), "select 1 from due for update");
    assert.equal(translate("select 1 from tasks"), "select 1 from tasks");
  });

  it("knows all tables of the schema", () => {
    assert.equal(
      translate(`select 1 from ${TABLES.join(" join ")}`).split("belfry.").length - 1,
      TABLES.length,
    );
  });

  it("takes a list as an array, with a column of its own in unnest", () => {
    assert.equal(
      translate("delete from task where name = any(?) and source <> all(?)"),
      "delete from belfry.task where name = any($1) and source <> all($2)",
    );
    assert.equal(
      translate("select value from unnest(?) where value > ?"),
      "select value from unnest(cast($1 as text[])) as list1(value) where value > $2",
    );
    assert.equal(
      translate("select j.value from unnest(cast(? as bigint[])) j join task on true"),
      "select j.value from unnest(cast($1 as bigint[])) as j(value) join belfry.task on true",
    );
    assert.equal(
      translate("select ?, j.value from unnest(?) as j"),
      "select $1, j.value from unnest(cast($2 as text[])) as j(value)",
    );
    assert.equal(
      translate("select value from unnest(cast(? as text[])) as value where value = ?"),
      "select value from unnest(cast($1 as text[])) as value(value) where value = $2",
    );
    assert.equal(
      translate("select value from (select value from unnest(?)) x"),
      "select value from (select value from unnest(cast($1 as text[])) as list1(value)) x",
    );
  });

  it("is translated once, and keeps its name", () => {
    const one = statementOf("select ? as kept");
    assert.equal(statementOf("select ? as kept"), one);
    assert.match(one.name ?? "", /^belfry_\d+$/);
    assert.notEqual(native("select 1 as other").name, one.name);
    assert.ok(one.name !== null && one.name.length < 20);
  });
});
