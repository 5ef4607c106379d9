import { BelfryError } from "../../core/errors.ts";

/** The partition that takes what has no day of its own, see `partitions.ts`. */
export const DEFAULT_PARTITION = "history_default" as const;

/**
 * States in which the server cannot be had at present, though nothing is wrong with what was asked:
 * it shuts down or starts, has no line left, ended an idle one, or takes no writes (a standby).
 */
const AWAY_STATES: ReadonlySet<string> = new Set([
  "57P01",
  "57P02",
  "57P03",
  "57P05",
  "53300",
  "25P03",
  "25006",
]);
/** Class 08 of SQLSTATE: connection exceptions, and all that a pooler says by itself. */
const CONNECTION_STATE = /^08...$/;

const AWAY_ERRNOS: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "EHOSTDOWN",
  "ENETUNREACH",
  "ENETDOWN",
]);

/** The driver has no code for a line that is gone. */
const GONE =
  /^(Connection terminated|Client (has encountered|was closed|has already been connected))/;

/** Whether the server could not be had, explained or not, so that the same may succeed later. */
export function isAway(error: unknown): boolean {
  if (error instanceof BelfryError) return isAway(error.cause);
  const code = codeOf(error);
  if (code === null) return error instanceof Error && GONE.test(error.message);
  if (AWAY_STATES.has(code) || CONNECTION_STATE.test(code) || AWAY_ERRNOS.has(code)) return true;
  // A Unix socket that is not there; of any other file it would be a mistake in the URL.
  return code === "ENOENT" && textOf(error, "syscall") === "connect";
}

/** A serialisation failure, a deadlock, a lock that was not had in time. */
const CROWDED_STATES: ReadonlySet<string> = new Set(["40001", "40P01", "55P03"]);
/** A key that was not there when it was looked for, and is since: who looks again sees who made it. */
const UNIQUE_VIOLATION = "23505";
const CHECK_VIOLATION = "23514";

/** Whether the transaction, which is undone, may succeed if all of it is done again at once. */
export function isRetryable(error: unknown): boolean {
  const code = codeOf(error);
  if (code === null) return false;
  if (CROWDED_STATES.has(code) || code === UNIQUE_VIOLATION) return true;
  // A row on its way to the default partition met the partition of its day, just attached.
  return code === CHECK_VIOLATION && textOf(error, "table") === DEFAULT_PARTITION;
}

/** A key that is there already. */
export function isTwice(error: unknown): boolean {
  return codeOf(error) === UNIQUE_VIOLATION;
}

/**
 * Whoever only met others, however often, may come again later, and what he brought is kept till
 * then; a key that is there each time is refused.
 */
export function givenUp(error: unknown, where: string): unknown {
  if (!CROWDED_STATES.has(codeOf(error) ?? "")) return error;
  return new BelfryError(
    "unavailable",
    "store-busy",
    `The store ${where} cannot be used: others were in the way each time: ${sentenceOf(error)}.`,
    "See in pg_stat_activity and in the server's log who locks what.",
    {},
    { cause: error },
  );
}

/** Why the store cannot be had, beside that the server is away; with what helps. */
const REFUSALS: readonly { readonly code: RegExp; readonly hint: string }[] = [
  {
    code: /^28/,
    hint: "Look at the user and the password in the store's URL, and at the server's pg_hba.conf.",
  },
  { code: /^3D000$/, hint: "Create the database (createdb), or correct its name in the URL." },
  {
    code: /^53300$/,
    hint: "Raise the server's max_connections or the role's limit, or put a pooler in between.",
  },
  {
    code: /^25006$/,
    hint: "Point the store's URL at the server that takes writes: this one is a standby, or read-only.",
  },
  { code: /^53[12]00$/, hint: "Make room on the server: its disk or its memory is full." },
  { code: /^57014$/, hint: "See in pg_stat_activity what the server is busy with, or what locks." },
  {
    code: /CERT|^UNABLE_TO_|^ERR_TLS|^ERR_SSL/,
    hint: "Name the authority of the server's certificate in the URL, as sslmode=verify-full&sslrootcert=FILE.",
  },
];
const AWAY_HINT = "Look whether the server runs, and whether it can be reached from here.";

/**
 * Says plainly when the store cannot be had; every other error is a surprise and stays as it is.
 *
 * @param where names server and database, and no password.
 */
export function explain(error: unknown, where: string): unknown {
  const code = codeOf(error);
  const refusal = code === null ? undefined : REFUSALS.find((one) => one.code.test(code));
  if (refusal === undefined && !isAway(error)) return error;
  if (error instanceof BelfryError) return error;
  return new BelfryError(
    "unavailable",
    "store-unavailable",
    `The store ${where} cannot be used: ${sentenceOf(error)}.`,
    refusal?.hint ?? AWAY_HINT,
    {},
    { cause: error },
  );
}

/** An address with several families fails as a bundle of errors, which has no message itself. */
function sentenceOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(sentenceOf).join("; ");
  return error instanceof Error ? error.message.replace(/\.$/, "") : String(error);
}

/** SQLSTATE, or the system's word. */
export function codeOf(error: unknown): string | null {
  return textOf(error, "code");
}

function textOf(error: unknown, key: string): string | null {
  if (!(error instanceof Error)) return null;
  const value: unknown = Reflect.get(error, key);
  return typeof value === "string" ? value : null;
}
