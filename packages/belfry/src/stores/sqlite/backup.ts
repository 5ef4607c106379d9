import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { BelfryError } from "../../core/errors.ts";
import { draftOf, removeAbandonedDrafts, removeDraft } from "./backup-draft.ts";
import { Database } from "./database.ts";
import { logFiles } from "./logs.ts";

export interface BackupRequest {
  /** The store's file; nodes may be at work on it. */
  readonly store: string;
  /** Where the copy goes. */
  readonly file: string;
  readonly existing: "kept" | "replaced";
  /** `copied`: into the folder `FILE-logs`. */
  readonly logs: "left" | "copied";
}

export interface Backup {
  readonly file: string;
  readonly bytes: number;
  /** The files of logs that were copied; null: none were wanted. */
  readonly logs: null | { readonly folder: string; readonly files: number; readonly bytes: number };
}

/**
 * Refuses a place where a copy cannot or must not go, before anything is written.
 *
 * @throws BelfryError `backup-exists`, `bad-backup-place`.
 */
export function checkBackup({ store, file, existing, logs }: BackupRequest): void {
  const folder = dirname(file);
  if (!existsSync(folder)) throw badPlace(`There is no folder ${folder}.`, `mkdir -p ${folder}`);
  for (const target of logs === "copied" ? [file, logFolderOf(file)] : [file]) {
    const there = lstatSync(target, { throwIfNoEntry: false });
    if (there === undefined) continue;
    if (isOne(target, store) || [`${store}-wal`, `${store}-shm`].includes(target)) {
      throw badPlace(`${target} is the store itself.`, "Name another file for its copy.");
    }
    if (there.isDirectory() && target === file) {
      throw badPlace(`${target} is a folder.`, "Name a file in it.");
    }
    if (existing === "kept") throw alreadyThere(target);
  }
  // SQLite would take it for a part of the new one.
  if (existsSync(`${file}-wal`)) {
    const hint = "Close what has it open; or remove the -wal and -shm files that were left.";
    throw conflict(`${file} is in use, or was not closed: there is a ${file}-wal.`, hint);
  }
}

function logFolderOf(file: string): string {
  return `${file}-logs`;
}

/**
 * Copies a store while nodes work on it: one reading transaction, which stops nobody in WAL mode,
 * written out without free pages, so that what was deleted is not in the copy. Each copy is
 * checked and on the disk before it gets its name.
 *
 * @param now noted in the copy: a node that works on it later says of when it is.
 * @throws BelfryError `backup-failed`.
 */
export function backUp(request: BackupRequest, now: number): Backup {
  const { store, file, existing, logs } = request;
  const stamp = (copy: DatabaseSync): void => {
    copy.prepare("update meta set copied_at = ?").run(now);
  };
  const bytes = copyDatabase(store, file, existing, stamp);
  if (logs === "left") return { file, bytes, logs: null };
  const folder = logFolderOf(file);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const sizes = logFiles(dirname(store)).map((name) =>
    copyDatabase(join(dirname(store), name), join(folder, name), existing, () => {}),
  );
  syncFolder(folder);
  const sum = sizes.reduce((total, size) => total + size, 0);
  return { file, bytes, logs: { folder, files: sizes.length, bytes: sum } };
}

function isOne(target: string, store: string): boolean {
  const [a, b] = [target, store].map((path) => statSync(path, { throwIfNoEntry: false }));
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino;
}

function badPlace(message: string, hint: string): BelfryError {
  return new BelfryError("usage", "bad-backup-place", message, hint);
}

function alreadyThere(target: string): BelfryError {
  return conflict(`${target} is there already.`, "--force replaces it.");
}

/** Somebody made such a file meanwhile. */
function isThere(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EEXIST";
}

function conflict(message: string, hint: string): BelfryError {
  return new BelfryError("conflict", "backup-exists", message, hint);
}

/** @returns the size of the copy, bytes. */
function copyDatabase(
  from: string,
  to: string,
  existing: BackupRequest["existing"],
  finish: (copy: DatabaseSync) => void,
): number {
  const draft = draftOf(to);
  removeAbandonedDrafts(to);
  try {
    // SQLite writes into an empty file that is there, and so with these rights.
    closeSync(openSync(draft, "wx", 0o600));
    copyInto(from, draft);
    sealCopy(draft, finish);
    const bytes = statSync(draft).size;
    putInPlace(draft, to, existing);
    syncFolder(dirname(to));
    return bytes;
  } catch (error) {
    throw isThere(error) ? alreadyThere(to) : backupFailed(from, to, error);
  } finally {
    removeDraft(draft);
  }
}

function copyInto(from: string, draft: string): void {
  const source = new Database(from);
  try {
    source.read(() => source.run("vacuum into ?", draft));
  } finally {
    source.close();
  }
}

/** Checks the copy, and leaves it as one file that is on the disk. */
function sealCopy(draft: string, finish: (copy: DatabaseSync) => void): void {
  const copy = new DatabaseSync(urlOfExisting(draft));
  try {
    copy.exec("pragma journal_mode = delete; pragma synchronous = full");
    const [said] = Object.values(copy.prepare("pragma quick_check(1)").get() ?? {});
    if (said !== "ok") throw new Error(`the copy is damaged (${String(said)})`);
    finish(copy);
  } finally {
    copy.close();
  }
  const descriptor = openSync(draft, "r+");
  fsyncSync(descriptor);
  closeSync(descriptor);
}

/** What was taken away meanwhile is not made anew, and empty, but missed. */
function urlOfExisting(file: string): URL {
  const url = pathToFileURL(file);
  url.searchParams.set("mode", "rw");
  return url;
}

/** A link is refused where somebody made such a file meanwhile; a rename would replace it. */
function putInPlace(draft: string, to: string, existing: BackupRequest["existing"]): void {
  chmodSync(draft, 0o600);
  if (existing === "replaced") renameSync(draft, to);
  else linkSync(draft, to);
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function backupFailed(from: string, to: string, cause: unknown): BelfryError {
  // It is the copy that could not be written, or the store that could not be read: who knows.
  const said = cause instanceof BelfryError ? (cause.cause ?? cause) : cause;
  const message = said instanceof Error ? said.message : String(said);
  return new BelfryError(
    "unavailable",
    "backup-failed",
    `${basename(from)} could not be copied to ${to}: ${message}.`,
    "Look at the free space and the rights there; nothing was left behind. The store is as it was.",
    {},
    { cause },
  );
}
