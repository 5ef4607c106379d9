import type { Change, Store } from "../../store.ts";
import { type Answer, type Args, StoreFace, type Verb } from "../face.ts";
import { Database } from "./database.ts";
import { migrate } from "./schema.ts";
import { performAlone } from "./verbs.ts";

/**
 * The store in this very thread: each verb is done when the call returns, so a slow disk blocks
 * the caller. It is what the simulation and the keeper's own tests use; programs use the keeper.
 */
export class SqliteStore extends StoreFace implements Store {
  readonly #db: Database;

  /**
   * Opens the file, makes it if it is missing, and brings its schema up to date.
   * @param path a file on a local disk, or `:memory:`.
   * @throws BelfryError where it cannot be used: see `Database` and `migrate`.
   */
  constructor(path: string) {
    super();
    this.#db = openDatabase(path);
  }

  protected override async call<V extends Verb>(verb: V, args: Args<V>): Promise<Answer<V>> {
    return performAlone(this.#db, verb, args);
  }

  /** Nobody else writes through this connection, and other processes are not watched for. */
  onChange(_wake: (what: Change) => void): () => void {
    return () => {};
  }

  async close(): Promise<void> {
    this.#db.close();
  }
}

export function openDatabase(path: string): Database {
  const db = new Database(path);
  try {
    migrate(db);
  } catch (error) {
    db.close();
    throw error;
  }
  return db;
}
