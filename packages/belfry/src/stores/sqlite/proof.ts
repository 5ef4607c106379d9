import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Proof } from "../../lease.ts";

const BUSY = 5;

/** Where the nodes of a host that share a store hold their life lines. */
export function proofsOf(store: string): string {
  return `${store}-nodes`;
}

/**
 * A file that this process holds locked for as long as it lives. The kernel drops the lock with
 * the process, however it ends, so whoever can read the file knows that its owner is gone.
 *
 * It is opened through SQLite only: any other descriptor that closes drops the lock (POSIX). Its
 * journal is never a WAL, which does not lock readers out.
 */
export class LifeLine {
  readonly #file: string;
  readonly #db: DatabaseSync;

  /** Must be held before the node's row is written. @param folder made if missing (0700). */
  constructor(folder: string, node: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#file = fileOf(folder, node);
    this.#db = new DatabaseSync(this.#file, { timeout: 0 });
    this.#db.exec("pragma journal_mode = delete; pragma user_version = 1; begin exclusive");
  }

  /** The node ended by itself: nobody will ask for it any more. */
  release(): void {
    this.#db.close();
    rmSync(this.#file, { force: true });
  }
}

/** Takes a read lock only, so two who ask at once do not take each other for the owner. */
export function probe(folder: string, node: string): Proof {
  let db: DatabaseSync;
  try {
    db = new DatabaseSync(fileOf(folder, node), { readOnly: true, timeout: 0 });
  } catch {
    return "unknown";
  }
  try {
    db.prepare("select count(*) from sqlite_schema").get();
    return "gone";
  } catch (error) {
    const code = error instanceof Error && "errcode" in error ? error.errcode : null;
    return code === BUSY ? "alive" : "unknown";
  } finally {
    db.close();
  }
}

/** Removes what a dead node left. It opens nothing, so no lock is lost by it. */
export function forget(folder: string, node: string): void {
  rmSync(fileOf(folder, node), { force: true });
}

function fileOf(folder: string, node: string): string {
  return join(folder, `${encodeURIComponent(node)}.db`);
}
