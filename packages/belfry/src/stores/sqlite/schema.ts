import { BelfryError } from "../../core/errors.ts";
import type { Database } from "./database.ts";

/** What pending, running and history have in common: a run carries it all its life. */
const RUN = `
  id text primary key,
  task text not null,
  schedule text,
  due_at integer not null,
  created_at integer not null,
  ready_at integer,
  definition text not null,
  trigger_kind text not null,
  trigger_by text not null,
  gate text,
  deadline_at integer,
  attempts text not null,
  payload text,
  idempotency_key text,
  replay_of text`;

/**
 * Where a run is says what it is: pending, running or history. `attempts` are those before the one
 * under way, JSON objects joined by commas, so that one more is appended without reading the
 * others. `overlap` is the policy by which a run that waits for its jitter, or was made in somebody's
 * transaction, will meet its gate; null: it has met it, or only queues. What came of the last one stands in columns of history: nearly every run has no other,
 * and then nothing is written that the row does not say anyway.
 *
 * An id begins with the instant at which its run is due, so the primary key serves ranges of due
 * instants, and needs no index beside it that every run would pay for.
 */
const FIRST = `
create table meta (
  one integer primary key check (one = 1),
  store_id text not null,
  schema integer not null,
  fence integer not null,
  high_at integer not null,
  generation integer not null,
  copied_at integer,
  down_from integer,
  down_until integer
) strict;
insert into meta (one, store_id, schema, fence, high_at, generation)
  values (1, lower(hex(randomblob(16))), 0, 0, 0, 0);

create table definition (
  hash text primary key,
  body text not null,
  seen_at integer not null
) strict, without rowid;
create table release (
  seq integer primary key,
  source text not null,
  hash text not null,
  body text not null,
  first_seen_at integer not null,
  unique (source, hash)
) strict;
create table source (
  name text primary key,
  applied text,
  ticked_at integer
) strict, without rowid;

create table task (
  name text primary key,
  source text not null,
  enabled integer not null,
  file text,
  line integer,
  definition text not null,
  pause_from integer,
  pause_until integer,
  pause_by text,
  pause_reason text,
  last_run text,
  last_success text,
  last_success_due integer,
  runs_on text
) strict, without rowid;
create index task_source on task (source);
create index task_paused on task (pause_until) where pause_by is not null;
create table schedule (
  id text primary key,
  task text not null,
  key text not null,
  source text not null,
  parts text not null,
  payload text,
  revision integer not null,
  enabled integer not null,
  cursor_at integer not null,
  next_at integer
) strict, without rowid;
create index schedule_task on schedule (task, enabled, next_at);
create index schedule_due on schedule (next_at, id) where enabled = 1 and next_at is not null;

create table gate (
  id text primary key,
  task text not null,
  max integer not null
) strict, without rowid;
create index gate_task on gate (task);
create table pending (${RUN},
  slot integer not null,
  parked text,
  held_at integer,
  forced integer not null,
  live integer not null,
  start_by integer,
  day_end_at integer,
  next_at integer,
  overlap text
) strict, without rowid;
create index pending_ready on pending (ready_at) where gate is null or slot = 1;
create index pending_arrival on pending (ready_at) where gate is not null and slot = 0;
create index pending_jitter on pending (ready_at) where overlap is not null;
create index pending_queue on pending (gate, id) where gate is not null and slot = 0;
create index pending_slot on pending (gate) where gate is not null and slot = 1;
create index pending_start_by on pending (start_by) where start_by is not null;
create index pending_deadline on pending (deadline_at) where deadline_at is not null;
create index pending_code on pending (task) where parked = 'code';
create index pending_task on pending (task);
create table running (${RUN},
  forced integer not null,
  node text not null,
  claim_id text not null,
  fence integer not null,
  started_at integer not null,
  asked text,
  asked_by text,
  progress text,
  report text
) strict, without rowid;
create index running_asked on running (node) where asked is not null;
create index running_gate on running (gate) where gate is not null;
create table history (${RUN},
  node text,
  fence integer,
  started_at integer,
  ended_at integer not null,
  outcome text,
  exit_code integer,
  signal text,
  log_bytes integer,
  log_dropped integer,
  state text not null,
  reason text,
  result text,
  error text,
  report text,
  progress text,
  asked text,
  asked_by text,
  resolved_at integer
) strict, without rowid;
create index history_task on history (task, due_at);
create index history_state on history (state, due_at) where state <> 'succeeded';
create index history_replay on history (replay_of) where replay_of is not null;
create index history_dead on history (task, due_at) where state = 'failed' and resolved_at is null;

create table gap (
  schedule text not null,
  from_at integer not null,
  to_at integer not null,
  count integer not null,
  reason text not null,
  task text not null,
  key text not null,
  parts text not null,
  definition text not null,
  day_end_at integer not null,
  next_at integer,
  primary key (schedule, from_at)
) strict, without rowid;
create index gap_task on gap (task, from_at);
create index gap_age on gap (from_at);
create table day (
  task text not null,
  day text not null,
  time_zone text not null,
  due integer not null,
  succeeded integer not null,
  failed integer not null,
  cancelled integer not null,
  missed integer not null,
  passed_over integer not null,
  primary key (task, day)
) strict, without rowid;

create table checkpoint (
  run text primary key,
  value text not null,
  saved_at integer not null
) strict;
create table effect (
  scope text not null,
  key text not null,
  run text not null,
  result text not null,
  at integer not null,
  primary key (scope, key)
) strict, without rowid;
create table trigger_key (
  task text not null,
  key text not null,
  run text not null,
  payload_hash text not null,
  due_at integer not null,
  at integer not null,
  primary key (task, key)
) strict, without rowid;
create table lock (
  name text primary key,
  run text not null,
  fence integer not null,
  until_at integer not null
) strict, without rowid;

create table node (
  id text primary key,
  host text not null,
  pid integer not null,
  version text not null,
  concurrency integer not null,
  tags text not null default '[]',
  http text,
  lease_until integer not null,
  state text not null,
  started_at integer not null,
  ended_at integer,
  releases text not null,
  last_claim text,
  stalled text,
  heartbeat text,
  drain_at integer,
  drain_by text
) strict, without rowid;
create table node_task (
  node text not null,
  task text not null,
  placed integer not null default 1,
  primary key (node, task)
) strict, without rowid;
create index node_task_task on node_task (task);

create table incident (
  id text primary key,
  kind text not null,
  task text,
  opened_at integer not null,
  last_at integer not null,
  closed_at integer,
  count integer not null,
  body text not null
) strict, without rowid;
create unique index incident_task on incident (task) where kind = 'task' and closed_at is null;
create unique index incident_down on incident (kind) where kind = 'down' and closed_at is null;
create index incident_of_task on incident (task, opened_at) where task is not null;
create index incident_age on incident (opened_at);
create table outbox (
  id text primary key,
  kind text not null,
  channel text,
  task text,
  run text,
  node text,
  incident text,
  step text,
  state text not null,
  tries integer not null,
  ready_at integer not null,
  made_at integer not null,
  ended_at integer,
  error text,
  body text not null
) strict, without rowid;
create index outbox_ready on outbox (kind, channel, ready_at) where state = 'waiting';
create index outbox_incident on outbox (incident) where incident is not null;
create index outbox_age on outbox (made_at) where state <> 'waiting';
create index outbox_heartbeat on outbox (task) where kind = 'heartbeat';
create table audit (
  seq integer primary key,
  at integer not null,
  actor text not null,
  what text not null,
  subject text not null,
  task text,
  before text,
  after text
) strict;`;

/** Forward only: a change is a new text at the end, an old text never changes. */
const MIGRATIONS: readonly string[] = [FIRST];

/**
 * Brings the database to this version's schema. Of several processes that start at once one
 * migrates; the others wait for its lock and then see its version.
 * @throws BelfryError `newer-schema` where a newer version has been here.
 */
export function migrate(db: Database): void {
  if (db.read(() => schemaVersion(db)) === MIGRATIONS.length) return;
  db.write(() => {
    const version = schemaVersion(db);
    if (version > MIGRATIONS.length) {
      throw new BelfryError(
        "conflict",
        "newer-schema",
        `The store ${db.path} has schema ${version}; this version of belfry knows ${MIGRATIONS.length}.`,
        "Run the version of belfry that made it, or a newer one.",
      );
    }
    for (const text of MIGRATIONS.slice(version)) db.exec(text);
    db.run("update meta set schema = ?", MIGRATIONS.length);
  });
}

function schemaVersion(db: Database): number {
  const found = db.get("select 1 from sqlite_schema where type = 'table' and name = 'meta'");
  if (found === undefined) return 0;
  return db.get<{ schema: number }>("select schema from meta")?.schema ?? 0;
}
