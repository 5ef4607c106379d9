import { closeSync, existsSync, linkSync, openSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import {
  DatabaseSync,
  type SQLInputValue,
  type SQLOutputValue,
  type StatementSync,
} from "node:sqlite";
import { threadId } from "node:worker_threads";
import { systemRandom } from "../../clocks/system.ts";
import { BelfryError } from "../../core/errors.ts";
import { makeFolder, refuseUnfit } from "./data-folder.ts";

/** Values in order, or one record of values by name. */
export type Param = SQLInputValue | Record<string, SQLInputValue>;

/** Older ones can corrupt a WAL that two processes write to. */
const OLDEST_SQLITE = [3, 51, 3] as const;
/** How long a write waits for other processes before it gives up, ms. */
const BUSY_MAX_MS = 10_000;
const WAL_KEPT_BYTES = 32 * 1024 * 1024;
/** The primary result codes that mean that the store cannot be had at present; 26: it is no database. */
const UNAVAILABLE: ReadonlySet<number> = new Set([5, 6, 8, 10, 13, 14, 26]);
const BUSY = 5;

/**
 * One connection to one SQLite file, synchronous. Nothing in the process may open the file by
 * `fs`: closing any descriptor of it drops every lock that the process holds on it (POSIX).
 */
export class Database {
  readonly path: string;
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #tupleStatements = new Map<string, StatementSync>();
  #savepoints = 0;

  /**
   * @param path a file on a local disk, made if missing (0600, its folder 0700), or `:memory:`.
   * @throws BelfryError `old-sqlite`, `store-unavailable`, or as `refuseUnfit`.
   */
  constructor(path: string) {
    this.path = path === ":memory:" ? path : resolve(path);
    if (this.path !== ":memory:") prepareFile(this.path);
    this.#db = guarded(this.path, () => new DatabaseSync(this.path, { timeout: 0 }));
    try {
      this.read(() => {
        refuseOldSqlite(
          this.get<{ version: string }>("select sqlite_version() as version")?.version,
        );
        this.#db.exec("pragma journal_mode = wal");
        this.#db.exec("pragma synchronous = full; pragma foreign_keys = off");
        // 16 MiB: it fills with what is read and stays, so a node of a million schedules has all of it.
        this.#db.exec("pragma cache_size = -16384; pragma temp_store = memory");
        // A WAL that grew under a long reader is cut again; ordinary ones stay below.
        this.#db.exec(`pragma journal_size_limit = ${WAL_KEPT_BYTES}`);
      });
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  exec(sql: string): void {
    this.#db.exec(sql);
  }

  /** @returns how many rows changed. */
  run(sql: string, ...params: readonly Param[]): number {
    return Number(this.#statement(sql).run(...named(params)).changes);
  }

  /** The first row. The SQL text beside `Row` is all that vouches for the type. */
  get<Row extends object>(sql: string, ...params: readonly Param[]): Row | undefined {
    // The driver types rows as records of SQL values; which ones, only the text of the query says.
    return this.#statement(sql).get(...named(params)) as Row | undefined;
  }

  all<Row extends object>(sql: string, ...params: readonly Param[]): Row[] {
    // As in `get`.
    return this.#statement(sql).all(...named(params)) as Row[];
  }

  /**
   * Rows as lists of values, in the order of the query's columns: for the hot statements, since an
   * object for each row costs as much as the row itself.
   */
  tuples<Row extends readonly SQLOutputValue[]>(sql: string, ...params: readonly Param[]): Row[] {
    let statement = this.#tupleStatements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      statement.setReturnArrays(true);
      this.#tupleStatements.set(sql, statement);
    }
    // As in `get`; and the driver's types do not know of arrays.
    return statement.all(...named(params)) as unknown[] as Row[];
  }

  /** One transaction that holds the write lock from its start, or part of the one under way. */
  write<T>(work: () => T): T {
    if (this.#db.isTransaction) return this.savepoint(work);
    return guarded(this.path, () => {
      this.#patiently(() => this.#db.exec("begin immediate"));
      try {
        const answer = work();
        this.#db.exec("commit");
        return answer;
      } catch (error) {
        if (this.#db.isTransaction) this.#db.exec("rollback");
        throw error;
      }
    });
  }

  /** Reads without the write lock, again where a writer of another process is in the way. */
  read<T>(work: () => T): T {
    return guarded(this.path, () => this.#patiently(work));
  }

  /** A part of a transaction that is undone alone. */
  savepoint<T>(work: () => T): T {
    this.#savepoints += 1;
    const name = `s${this.#savepoints}`;
    this.run(`savepoint ${name}`);
    try {
      const answer = work();
      this.run(`release ${name}`);
      return answer;
    } catch (error) {
      if (this.#db.isTransaction) {
        this.run(`rollback to ${name}`);
        this.run(`release ${name}`);
      }
      throw error;
    } finally {
      this.#savepoints -= 1;
    }
  }

  close(): void {
    this.#statements.clear();
    this.#tupleStatements.clear();
    if (this.#db.isOpen) this.#db.close();
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /**
   * SQLite's own busy handler backs off and so starves whoever waits longest; short random waits
   * share the lock fairly. Waits block the thread, which is why the store has a thread of its own.
   */
  #patiently<T>(work: () => T): T {
    let waitedMs = 0;
    for (;;) {
      try {
        return work();
      } catch (error) {
        if (resultCode(error) !== BUSY || waitedMs >= BUSY_MAX_MS) throw error;
        waitedMs += pause(systemRandom() * 2);
      }
    }
  }
}

/** The driver's types want to know which of the two it gets; it finds out by itself. */
function named(params: readonly Param[]): SQLInputValue[] {
  return params as SQLInputValue[];
}

const NEVER = new Int32Array(new SharedArrayBuffer(4));

/** @returns ms that count against the limit: at least what was asked, more than nothing. */
function pause(ms: number): number {
  Atomics.wait(NEVER, 0, 0, ms);
  return Math.max(ms, 0.1);
}

function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw explain(path, error);
  }
}

/** Says plainly when the store cannot be had; every other error is a surprise and stays as it is. */
export function explain(path: string, error: unknown): unknown {
  const code = resultCode(error);
  if (code === null || !UNAVAILABLE.has(code)) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new BelfryError(
    "unavailable",
    "store-unavailable",
    `The store ${path} cannot be used: ${message}.`,
    "Look at the disk's free space, the folder's permissions and other processes that use the file.",
    {},
    { cause: error },
  );
}

function resultCode(error: unknown): number | null {
  if (!(error instanceof Error) || !("errcode" in error)) return null;
  return typeof error.errcode === "number" ? error.errcode & 0xff : null;
}

/** All before the file is live: later nothing but SQLite may touch it. */
function prepareFile(path: string): void {
  const folder = dirname(path);
  try {
    if (makeFolder(folder) === "made") keepOutOfGit(folder);
    refuseUnfit(folder);
    if (!existsSync(path)) createPrivately(path);
  } catch (error) {
    if (error instanceof BelfryError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new BelfryError(
      "unavailable",
      "store-unavailable",
      `The store ${path} cannot be made: ${message}.`,
      "Choose a folder that this user may write to.",
      {},
      { cause: error },
    );
  }
}

/** A folder that was made for the state holds nothing that belongs into a repository. */
function keepOutOfGit(folder: string): void {
  writeFileSync(join(folder, ".gitignore"), "*\n");
}

/**
 * Makes the file with its rights, if it is not there. It is made under another name and linked,
 * so that no descriptor of the real name is ever closed here.
 */
function createPrivately(path: string): void {
  const draft = `${path}.${process.pid}-${threadId}.new`;
  closeSync(openSync(draft, "w", 0o600));
  try {
    linkSync(draft, path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    unlinkSync(draft);
  }
}

/** Refuses versions with the WAL-reset bug, see https://sqlite.org/wal.html. */
export function refuseOldSqlite(version: string | undefined): void {
  const parts = (version ?? "0").split(".").map(Number);
  for (const [index, oldest] of OLDEST_SQLITE.entries()) {
    const part = parts[index] ?? 0;
    if (part > oldest) return;
    if (part < oldest) {
      throw new BelfryError(
        "usage",
        "old-sqlite",
        `SQLite ${version ?? "unknown"} can corrupt a database that several processes write to.`,
        `Use a version of Node whose SQLite is at least ${OLDEST_SQLITE.join(".")}.`,
      );
    }
  }
}
