import { constants, setPriority } from "node:os";
import { systemClock } from "../clocks/system.ts";
import { BelfryError } from "../core/errors.ts";
import type { Config } from "../define/config.ts";
import type { StoreMark } from "../records.ts";
import { type Backup, type BackupRequest, backUp, checkBackup } from "../stores/sqlite/backup.ts";
import { isOlder } from "../stores/sqlite/side-mark.ts";
import { inspectFiles, type StoreFiles } from "../stores/sqlite/store-files.ts";

// Of the composition root: what is done to a store's files from outside.

/** What can be told of a configuration's store without opening it; null where it is no file. */
export function inspectStore({ store }: Config): StoreFiles | null {
  return store.kind === "sqlite" ? inspectFiles(store.path) : null;
}

/** Whether the store is behind what it had come to: an older copy of itself. */
export function isBehindItself(files: StoreFiles, mark: StoreMark): boolean {
  return isOlder(mark, files.before);
}

/**
 * Copies the store of a configuration while nodes work on it.
 *
 * @param begin called once nothing speaks against it, before the copy is made.
 * @throws BelfryError `not-a-file` where it is a database; else as `checkBackup` and `backUp`.
 */
export async function backUpStore(
  config: Config,
  wanted: Omit<BackupRequest, "store">,
  begin: () => Promise<void>,
): Promise<Backup> {
  const { store } = config;
  if (store.kind !== "sqlite") {
    throw new BelfryError(
      "usage",
      "not-a-file",
      `The store ${store.shown} is no file that could be copied.`,
      "Back the database up as you do your others: pg_dump --schema=belfry takes all of it.",
    );
  }
  const request = { ...wanted, store: store.path };
  checkBackup(request);
  await begin();
  // It has time, and whatever runs meanwhile has none.
  setPriority(constants.priority.PRIORITY_LOW);
  return backUp(request, systemClock.now());
}
