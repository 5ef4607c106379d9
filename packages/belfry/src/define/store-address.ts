import { resolve } from "node:path";
import { BelfryError } from "../core/errors.ts";

/** Where the state lives. */
export interface StoreAddress {
  readonly kind: "sqlite";
  /** An absolute path. */
  readonly path: string;
}

/**
 * Reads the URL of a store. The message of an error never shows the URL: it may hold a password.
 *
 * @param folder what a relative path is relative to.
 * @throws BelfryError `bad-store`.
 */
export function readStoreUrl(url: string, folder: string): StoreAddress {
  const { scheme, path } =
    /^(?<scheme>[a-z][a-z0-9+]*):(?:\/\/)?(?<path>.*)$/i.exec(url)?.groups ?? {};
  if (scheme?.toLowerCase() === "sqlite" && path) {
    return { kind: "sqlite", path: resolve(folder, path) };
  }
  throw new BelfryError("usage", "bad-store", objection(scheme), HINT);
}

const HINT = "write sqlite: and the path of a file, such as sqlite:.belfry/belfry.db";

function objection(scheme: string | undefined): string {
  switch (scheme?.toLowerCase()) {
    case undefined:
      return "the store is not a URL";
    case "sqlite":
      return "the store's URL names no file";
    case "postgres":
    case "postgresql":
      return "PostgreSQL is not supported yet";
    default:
      return `there is no store of the kind "${scheme}"`;
  }
}
