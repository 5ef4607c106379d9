import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { LogBatch, LogPage, LogQuery, Logs } from "../../log.ts";
import { firstNew, type LogPlace, type LogRow, pageOf, startOfReading } from "../log-page.ts";
import { type PackedBatch, packBatch } from "../log-row.ts";
import { Database } from "./database.ts";

const DAY_MS = 86_400_000;
/** The clocks of two nodes differ a little. */
const MARGIN_MS = 60_000;
const OPEN_MAX = 8;
const FILE = /^logs-(\d{4}-\d{2}-\d{2})\.db(?:-wal|-shm)?$/;

const PRAGMAS = `
pragma synchronous = normal;
pragma cache_size = -2048;
pragma journal_size_limit = 16777216;`;

const MADE = "select 1 from sqlite_schema where name = 'log_order'";
/** A row is a stretch of lines, found by its last: what comes after a cursor is one range. */
const SCHEMA = `
create table if not exists log (
  run text not null, attempt integer not null, first integer not null, last integer not null,
  lines text not null
) strict;
create unique index if not exists log_order on log (run, attempt, last);`;

const WRITE =
  "insert or replace into log (run, attempt, last, first, lines) values (?, ?, ?, ?, ?)";
const FORGET = "delete from log where run = ? and attempt = ? and last >= ? and last < ?";
const SPOKE = "select 1 from log where run = ? and attempt = ? limit 1";
const READ = `
select attempt, first, last, lines from log
where run = ? and (attempt, last) > (?, ?) and attempt <= ?
order by attempt, last limit ?`;
const READ_ROWS = 32;

/**
 * The log of runs in one SQLite file a day (UTC), which any number of processes write and read. A
 * batch lies in the file of the day of its last line. Old days go by unlinking their files, so
 * that forgetting a year stalls no more than forgetting a day.
 *
 * Synchronous inside: `logs-client.ts` gives it a thread of its own.
 */
export class SqliteLogs implements Logs {
  readonly #folder: string;
  /** By day, the least recently used first. */
  readonly #open = new Map<string, Database>();

  /** @param folder on a local disk, where the files lie beside the store's. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  append(batches: readonly LogBatch[]): Promise<void> {
    return this.appendPacked(batches.map(packBatch));
  }

  appendPacked(batches: readonly PackedBatch[]): Promise<void> {
    return Promise.try(() => {
      for (const [day, ofDay] of Map.groupBy(batches, dayOf)) {
        if (day !== null) {
          const database = this.#database(day);
          database.write(() => {
            for (const batch of ofDay) writeBatch(database, batch);
          });
        }
        for (const batch of ofDay) this.#forgetBefore(day, batch);
      }
    });
  }

  read(query: LogQuery): Promise<LogPage> {
    return Promise.try(() => {
      const after = startOfReading(query);
      const rows = this.#days()
        .filter((day) => mayHold(day, query))
        .flatMap((day) => readRows(this.#database(day), query, after))
        .toSorted((a, b) => a.attempt - b.attempt || a.last - b.last);
      return pageOf(rows, query, after);
    });
  }

  prune(before: number): Promise<void> {
    return Promise.try(() => {
      // In order of names the file goes first: a WAL without it is nothing, it without its WAL may
      // be broken.
      for (const { name, day } of filesIn(this.#folder)) {
        if (startOf(day) + DAY_MS > before) continue;
        this.#close(day);
        rmSync(join(this.#folder, name), { force: true });
      }
    });
  }

  close(): Promise<void> {
    return Promise.try(() => {
      for (const day of [...this.#open.keys()]) this.#close(day);
    });
  }

  /** What is to be forgotten may lie in earlier files, as far back as the attempt spoke each day. */
  #forgetBefore(day: string | null, batch: PackedBatch): void {
    if (batch.forget === null) return;
    const earlier = this.#days().filter((other) => day === null || other < day);
    for (const other of earlier.toReversed()) {
      const database = this.#database(other);
      const { run, attempt } = batch;
      const spoke = database.read(() => database.get(SPOKE, run, attempt));
      if (spoke === undefined) return;
      database.write(() => forget(database, batch));
    }
  }

  #days(): string[] {
    return filesIn(this.#folder).flatMap(({ name, day }) => (name.endsWith(".db") ? [day] : []));
  }

  #database(day: string): Database {
    const known = this.#open.get(day);
    if (known !== undefined) this.#open.delete(day);
    const database = known ?? openFile(join(this.#folder, `logs-${day}.db`));
    this.#open.set(day, database);
    for (const oldest of this.#open.keys()) {
      if (this.#open.size <= OPEN_MAX) break;
      this.#close(oldest);
    }
    return database;
  }

  #close(day: string): void {
    this.#open.get(day)?.close();
    this.#open.delete(day);
  }
}

function openFile(path: string): Database {
  const database = new Database(path);
  try {
    // A pragma too may find another process in the way, so these have patience as well.
    database.read(() => database.exec(PRAGMAS));
    if (database.read(() => database.get(MADE)) === undefined) {
      database.write(() => database.exec(SCHEMA));
    }
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function writeBatch(database: Database, batch: PackedBatch): void {
  forget(database, batch);
  const { run, attempt, first, last, lines } = batch;
  database.run(WRITE, run, attempt, last, first, lines);
}

function forget(database: Database, { run, attempt, forget }: PackedBatch): void {
  if (forget !== null) database.run(FORGET, run, attempt, forget.from, forget.to);
}

/** At least as many lines after the cursor as are asked for, if there are so many. */
function readRows(database: Database, query: LogQuery, after: LogPlace): LogRow[] {
  const { run, limit } = query;
  const highest = query.attempt ?? Number.MAX_SAFE_INTEGER;
  const rows: LogRow[] = [];
  let found = 0;
  let from = after;
  for (;;) {
    const { attempt, line } = from;
    const page = database.read(() =>
      database.all<LogRow>(READ, run, attempt, line, highest, READ_ROWS),
    );
    for (const row of page) {
      rows.push(row);
      found += row.last - firstNew(row, after) + 1;
      from = { attempt: row.attempt, line: row.last };
    }
    if (page.length < READ_ROWS || found >= limit) return rows;
  }
}

/** Names of the files of a folder that hold logs, by day. */
export function logFiles(folder: string): string[] {
  return filesIn(folder).flatMap(({ name }) => (name.endsWith(".db") ? [name] : []));
}

function filesIn(folder: string): { readonly name: string; readonly day: string }[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const day = FILE.exec(name)?.[1];
      return day === undefined ? [] : [{ name, day }];
    });
}

function dayOf({ at }: PackedBatch): string | null {
  return at === null ? null : new Date(at).toISOString().slice(0, 10);
}

function startOf(day: string): number {
  return Date.parse(day);
}

function mayHold(day: string, { fromAt, untilAt }: LogQuery): boolean {
  const start = startOf(day);
  if (start + DAY_MS <= fromAt - MARGIN_MS) return false;
  return untilAt === null || start <= untilAt + MARGIN_MS;
}
