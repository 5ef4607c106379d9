import { byBytes, MIGRATIONS } from "../../packages/belfry/src/stores/postgres/tables.ts";

/*
 * Loaded before a node's own code, it makes the node one of a version to come, whose tables have
 * more to them; this version's nodes are to go on beside it.
 */
const all: unknown = MIGRATIONS;
if (Array.isArray(all)) {
  all.push({
    sql: byBytes(`alter table pending add column weight bigint;
      alter table running add column weight bigint not null default 1;
      alter table history add column weight bigint default 1;
      alter table node add column zone text;
      alter table schedule add column season text default 'all';
      create table season (name text primary key);
      create index running_weight on running (weight)`),
    serves: MIGRATIONS.length,
  });
}
