import { firstIdDue } from "../sql/rows.ts";
import { type Connection, setting } from "./connection.ts";
import { DEFAULT_PARTITION } from "./failures.ts";
import { native, SCHEMA } from "./statement.ts";
import { type Pace, transact } from "./transaction.ts";

const DAY_MS = 86_400_000;
/** Today, and some days ahead: so long nobody may have kept house before rows go to the default. */
const DAYS_AHEAD = 4;
/** What is late may still come into a day that is over; then it may go, if nothing is in it. */
const REST_MS = DAY_MS;
/** Whoever comes behind a lock on all of history waits no longer than this, ms. */
const LOCK_MS = 200;

/** A partition of history: the runs that are due on one day, UTC. */
interface Partition {
  readonly name: string;
  /** Midnight, at which the day begins. */
  readonly dayAt: number;
}

function partitionOf(dayAt: number): Partition {
  const day = new Date(dayAt).toISOString().slice(0, 10).replaceAll("-", "");
  return { name: `history_${day}`, dayAt };
}

/** A day by its partition's name; null for the default, and for what is none of ours. */
function readName(name: string): Partition | null {
  const day = /^history_(?<year>\d{4})(?<month>\d\d)(?<date>\d\d)$/.exec(name)?.groups;
  if (day === undefined) return null;
  return { name, dayAt: Date.parse(`${day["year"]}-${day["month"]}-${day["date"]}`) };
}

async function partitions(line: Connection): Promise<readonly Partition[]> {
  const { rows } = await line.send<{ name: string }>(
    native(`select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = '${SCHEMA}.history'::regclass order by 1`),
  );
  return rows.flatMap(({ name }) => readName(name) ?? []);
}

/**
 * Makes the partitions of today and the coming days that are not there. What the default one has
 * of such a day moves in.
 * @returns the names of those it made.
 */
export async function makePartitions(
  line: Connection,
  pace: Pace,
  now: number,
): Promise<readonly string[]> {
  const today = now - (now % DAY_MS);
  const known = new Set((await partitions(line)).map(({ name }) => name));
  const made: string[] = [];
  for (let ahead = 0; ahead < DAYS_AHEAD; ahead += 1) {
    const partition = partitionOf(today + ahead * DAY_MS);
    if (known.has(partition.name)) continue;
    await transact(line, "tables", pace, () => make(line, partition));
    made.push(partition.name);
  }
  return made;
}

/**
 * Made apart and attached, which keeps nobody out of history; only whoever writes to the default
 * partition waits. It is locked first, or a row might come into it between the move and the attaching.
 */
async function make(line: Connection, { name, dayAt }: Partition): Promise<void> {
  const [from, to] = [firstIdDue(dayAt), firstIdDue(dayAt + DAY_MS)];
  await line.send(native(setting({ lock_timeout: String(LOCK_MS) }, "transaction")));
  const { count } = await line.send(native("select from pg_class where oid = to_regclass($1)"), [
    `${SCHEMA}.${name}`,
  ]);
  // Another node was first.
  if (count === 1) return;
  for (const text of [
    `create table ${SCHEMA}.${name} (like ${SCHEMA}.history including defaults)`,
    `lock table ${SCHEMA}.${DEFAULT_PARTITION} in access exclusive mode`,
    `with moved as (delete from ${SCHEMA}.${DEFAULT_PARTITION}
       where id >= '${from}' and id < '${to}' returning *)
     insert into ${SCHEMA}.${name} select * from moved`,
    `alter table ${SCHEMA}.history attach partition ${SCHEMA}.${name}
       for values from ('${from}') to ('${to}')`,
  ]) {
    await line.send({ text, name: null });
  }
}

/**
 * Drops the partitions of past days in which nothing is: nothing was due then, or it is past
 * retention and was counted into its day.
 * @returns the names of those it dropped.
 */
export async function dropPartitions(
  line: Connection,
  pace: Pace,
  now: number,
): Promise<readonly string[]> {
  const dropped: string[] = [];
  for (const partition of await partitions(line)) {
    if (partition.dayAt + DAY_MS > now - REST_MS || !(await isEmpty(line, partition))) continue;
    if (await transact(line, "tables", pace, () => drop(line, partition))) {
      dropped.push(partition.name);
    }
  }
  return dropped;
}

async function isEmpty(line: Connection, { name }: Partition): Promise<boolean> {
  const { count } = await line.send({ text: `select from ${SCHEMA}.${name} limit 1`, name: null });
  return count === 0;
}

/** Keeps all from history for a moment, or gives up at once: then another day will do. */
async function drop(line: Connection, partition: Partition): Promise<boolean> {
  await line.send(native(setting({ lock_timeout: String(LOCK_MS) }, "transaction")));
  await line.send({
    text: `lock table only ${SCHEMA}.history in access exclusive mode`,
    name: null,
  });
  const known = (await partitions(line)).some(({ name }) => name === partition.name);
  if (!known || !(await isEmpty(line, partition))) return false;
  await line.send({ text: `drop table ${SCHEMA}.${partition.name}`, name: null });
  return true;
}
