import { dirname, join, resolve } from "node:path";
import { BelfryError } from "../core/errors.ts";

interface Address {
  /** For people: without password. */
  readonly shown: string;
  /** The folder for what belongs to this machine alone, an absolute path. */
  readonly dataDir: string;
}

/** A file that the processes of one host share. */
export interface SqliteAddress extends Address {
  readonly kind: "sqlite";
  /** An absolute path. */
  readonly path: string;
}

/** A database that a fleet shares. */
export interface PostgresAddress extends Address {
  readonly kind: "postgres";
  /** As it was written; it may hold a password. */
  readonly url: string;
  /** The same database past a pooler, to hear by at once what other nodes change; null: `url`. */
  readonly listenUrl: string | null;
}

/** Where the state lives. */
export type StoreAddress = SqliteAddress | PostgresAddress;

/**
 * Reads the URL of a store. The message of an error never shows the URL: it may hold a password.
 *
 * @param folder what a relative path is relative to.
 * @throws BelfryError `bad-store`.
 */
export function readStoreUrl(url: string, folder: string): StoreAddress {
  const { scheme, path } =
    /^(?<scheme>[a-z][a-z0-9+]*):(?:\/\/)?(?<path>.*)$/i.exec(url)?.groups ?? {};
  switch (scheme?.toLowerCase()) {
    case "sqlite":
      if (!path) throw badStore("the store's URL names no file");
      return sqliteAddress(resolve(folder, path));
    case "postgres":
    case "postgresql":
      return {
        kind: "postgres",
        url,
        listenUrl: null,
        shown: shownUrl(url),
        dataDir: join(folder, ".belfry"),
      };
    case undefined:
      throw badStore("the store is not a URL");
    default:
      throw badStore(`there is no store of the kind "${scheme}"`);
  }
}

/**
 * Where nodes hear of each other past a pooler, of a store in PostgreSQL; of no use to any other.
 *
 * @throws BelfryError `bad-store`.
 */
export function withListenUrl(address: StoreAddress, listenUrl: string | null): StoreAddress {
  if (address.kind !== "postgres" || listenUrl === null || listenUrl === "") return address;
  if (!/^postgres(ql)?:/i.test(listenUrl)) {
    throw new BelfryError(
      "usage",
      "bad-store",
      "BELFRY_LISTEN_URL is no URL of PostgreSQL",
      "write the store's URL as it is without the pooler: postgres://USER:PASSWORD@HOST/DATABASE",
    );
  }
  return { ...address, listenUrl };
}

export function sqliteAddress(path: string): SqliteAddress {
  return { kind: "sqlite", path, shown: path, dataDir: dirname(path) };
}

/** Host and database; nothing of one that cannot be read, which whoever opens it says better. */
function shownUrl(url: string): string {
  // A socket's folder comes as a parameter, and the host then may be left out.
  const whole = url.replace(/(?<=@)(?=\/)/, "localhost");
  if (!URL.canParse(whole)) return "postgres:";
  const { host, pathname, searchParams } = new URL(whole);
  return `postgres://${searchParams.get("host") ?? host}${pathname}`;
}

function badStore(objection: string): BelfryError {
  return new BelfryError("usage", "bad-store", objection, HINT);
}

const HINT =
  "write sqlite: and the path of a file, such as sqlite:.belfry/belfry.db, " +
  "or postgres://USER:PASSWORD@HOST/DATABASE";
