import { BelfryError } from "../../core/errors.ts";
import { type Connection, setting } from "./connection.ts";
import { codeOf } from "./failures.ts";
import { native, SCHEMA, TABLES } from "./statement.ts";
import { MIGRATIONS, type Migration } from "./tables.ts";
import { type Pace, transact } from "./transaction.ts";

/** Readers and writers that come behind a change wait no longer than this for it, ms. */
const LOCK_MS = 2_000;
/** 15: the oldest with what the statements use that still gets repairs. */
const OLDEST_SERVER = 150_000;

/**
 * Brings the database to this version's schema, in a schema of its own, `belfry`. Of several nodes
 * that start at once one migrates; the others wait for it. Its line needs a deadline that is long
 * enough for that.
 *
 * @throws BelfryError `old-postgres`, `read-only-store`, `no-schema-right`, `newer-schema`,
 *   `broken-store`.
 */
export async function migrate(
  line: Connection,
  pace: Pace,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<void> {
  const server = await serverOf(line);
  refuseUnfit(server, line.where);
  try {
    if (isServed(await reached(line, server.made === 1), migrations, line.where)) return;
    await transact(line, "tables", pace, () => apply(line, migrations));
  } catch (error) {
    throw rightless(error, line.where);
  }
}

/** Whether a store has been made there. */
export async function hasSchema(line: Connection): Promise<boolean> {
  return (await serverOf(line)).made === 1;
}

interface Server {
  readonly version: number;
  readonly standby: number;
  readonly readOnly: number;
  readonly made: number;
}

const MADE = `exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = '${SCHEMA}' and c.relname = 'meta') as made`;

async function serverOf(line: Connection): Promise<Server> {
  const { rows } = await line.send<Server>(
    native(`select current_setting('server_version_num')::int as version,
      pg_is_in_recovery() as standby, current_setting('transaction_read_only') = 'on' as "readOnly",
      ${MADE}`),
  );
  const [server] = rows;
  if (server === undefined) throw new Error("the server did not say what it is");
  return server;
}

function refuseUnfit({ version, standby, readOnly }: Server, where: string): void {
  if (version < OLDEST_SERVER) {
    throw new BelfryError(
      "usage",
      "old-postgres",
      `The server of ${where} is PostgreSQL ${Math.floor(version / 10_000)}, which Belfry does not know.`,
      `Use PostgreSQL ${OLDEST_SERVER / 10_000} or a later one.`,
    );
  }
  if (standby === 1 || readOnly === 1) {
    throw new BelfryError(
      "unavailable",
      "read-only-store",
      standby === 1
        ? `The server of ${where} is a standby: it takes no writes.`
        : `The server of ${where} takes no writes (default_transaction_read_only is on).`,
      "Point the store's URL at the primary, with a user that may write.",
    );
  }
}

interface Reached {
  readonly schema: number;
  readonly serves: number;
}

async function reached(line: Connection, made: boolean): Promise<Reached> {
  if (!made) return { schema: 0, serves: 0 };
  const { rows } = await line.send<Reached>(native(`select schema, serves from ${SCHEMA}.meta`));
  const [row] = rows;
  if (row === undefined) throw brokenStore(line.where, "its meta row");
  return row;
}

/**
 * A copy that was restored half leaves tables out, which would show run by run.
 *
 * @throws BelfryError `broken-store`.
 */
export async function refuseBroken(line: Connection): Promise<void> {
  const { rows } = await line.send<{ name: string }>(
    native(`select name from unnest($1::text[]) as name
      where to_regclass('${SCHEMA}.' || name) is null order by name`),
    [`{${TABLES.join(",")}}`],
  );
  if (rows.length === 0) return;
  const names = rows.map(({ name }) => name).join(", ");
  throw brokenStore(line.where, rows.length === 1 ? `the table ${names}` : `the tables ${names}`);
}

/** Something is not there that belongs to every store. */
export function brokenStore(where: string, missing: string): BelfryError {
  return new BelfryError(
    "conflict",
    "broken-store",
    `The store ${where} is not whole: it has lost ${missing}.`,
    `Restore it from a backup; or drop the schema ${SCHEMA}, to begin anew without its history.`,
  );
}

/** @throws BelfryError `newer-schema` where a newer version has been here that leaves ours behind. */
function isServed(
  { schema, serves }: Reached,
  migrations: readonly Migration[],
  where: string,
): boolean {
  if (schema <= migrations.length) return schema === migrations.length;
  if (serves <= migrations.length) return true;
  throw new BelfryError(
    "conflict",
    "newer-schema",
    `The store ${where} has schema ${schema}; this version of belfry knows ${migrations.length}.`,
    "Run the version of belfry that made it, or a newer one.",
  );
}

async function apply(line: Connection, migrations: readonly Migration[]): Promise<void> {
  const here = { lock_timeout: `${LOCK_MS}`, statement_timeout: "0", search_path: SCHEMA };
  await line.send(native(setting(here, "transaction")));
  const { made } = await serverOf(line);
  if (made === 0) await makeSchema(line);
  const found = await reached(line, made === 1);
  if (isServed(found, migrations, line.where)) return;
  for (const { sql } of migrations.slice(found.schema)) await line.send({ text: sql, name: null });
  const serves = migrations.at(-1)?.serves ?? 0;
  await line.send(native(`update ${SCHEMA}.meta set schema = $1, serves = $2`), [
    migrations.length,
    serves,
  ]);
}

/** An administrator may have made it for a role that may make none. */
async function makeSchema(line: Connection): Promise<void> {
  const { count } = await line.send(native(`select from pg_namespace where nspname = '${SCHEMA}'`));
  if (count === 0) await line.send(native(`create schema ${SCHEMA}`));
}

/** Permission denied; and no schema to create in, for a schema that may not be used is passed over. */
const NO_RIGHT: ReadonlySet<string | null> = new Set(["42501", "3F000"]);

function rightless(error: unknown, where: string): unknown {
  if (!NO_RIGHT.has(codeOf(error))) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new BelfryError(
    "denied",
    "no-schema-right",
    `The user of the store ${where} may not make or use the schema ${SCHEMA}: ${message}.`,
    `As the database's owner: create schema ${SCHEMA} authorization USER; with all that is in it owned by that user.`,
    {},
    { cause: error },
  );
}
