import pg from "pg";
import type { Clock } from "../../clock.ts";
import { BelfryError } from "../../core/errors.ts";
import type { Value } from "../sql/work.ts";
import { explain } from "./failures.ts";
import type { Statement } from "./statement.ts";

export interface ConnectionOptions {
  /** `postgres://…`, as libpq reads it; TLS too is as it says. */
  readonly url: string;
  /** Asked at each opening, for passwords that change; absent: the one in the URL. */
  readonly password?: (() => string | Promise<string>) | undefined;
  /** What the line is for, as `pg_stat_activity` shows it: `belfry PURPOSE`. */
  readonly purpose: string;
  /** Told of notifications, for which the line must have been asked to listen. */
  readonly hear?: ((payload: string) => void) | undefined;
  /** Told that the line is gone. */
  readonly onEnd?: (() => void) | undefined;
  /** Of the session, where it is ours. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
  /** How long an answer may take before the line counts as dead and is ended, ms. */
  readonly deadlineMs: number;
  readonly clock: Clock;
}

/**
 * What lies between: nothing, or a pooler, which may lend each transaction another server process.
 * Then what is kept for a session (a prepared statement, a setting) is met by others and not by us.
 */
export type Link = "direct" | "pooled";

export interface Answer<Row> {
  readonly rows: readonly Row[];
  /** How many rows were selected or changed. */
  readonly count: number;
  /** `SELECT`, `COMMIT`, `ROLLBACK` … */
  readonly command: string;
}

/**
 * One line to a PostgreSQL server. What is sent goes out at once and is done in that order, so
 * whoever needs no answer in between pays one round trip for all of it.
 */
export class Connection {
  /** Server and database, for people; no password. */
  readonly where: string;
  readonly link: Link;
  readonly #client: pg.Client;
  readonly #options: ConnectionOptions;
  #outstanding = 0;
  /** When the server last answered, or was first asked since, by the monotonic clock. */
  #askedAt = 0;
  #disarm: (() => void) | null = null;
  #last: Promise<unknown> = Promise.resolve();
  /** Why the line is gone. */
  #ended: Error | null = null;

  private constructor(client: pg.Client, where: string, link: Link, options: ConnectionOptions) {
    this.where = where;
    this.link = link;
    this.#client = client;
    this.#options = options;
    client.on("error", (error: Error) => {
      this.#ended ??= error;
    });
    client.on("notification", ({ payload = "" }) => options.hear?.(payload));
    client.on("end", () => {
      this.#ended ??= new Error("Connection terminated");
      options.onEnd?.();
    });
  }

  /** @throws BelfryError `bad-store`, `store-unavailable`. */
  static async open(options: ConnectionOptions): Promise<Connection> {
    const client = clientOf(options);
    const where = whereOf(client);
    // Until the connection is made errors come by the promise; this one has nobody else to hear it.
    client.on("error", () => {});
    try {
      const link = await within(options, client, async () => {
        await client.connect();
        return await linkOf(client);
      });
      const connection = new Connection(client, where, link, options);
      if (link === "direct") await connection.#settle();
      return connection;
    } catch (error) {
      client.connection.stream.destroy();
      throw explain(error, where);
    }
  }

  /** Null while the line stands. */
  get ended(): Error | null {
    return this.#ended;
  }

  get deadlineMs(): number {
    return this.#options.deadlineMs;
  }

  /** Rows as records. The SQL text beside `Row` is all that vouches for the type. */
  async send<Row extends object>(
    statement: Statement,
    values: readonly Value[] = [],
  ): Promise<Answer<Row>> {
    const { rows, rowCount, command } = await this.#asked(() =>
      this.#client.query<Record<string, unknown>>(this.#query(statement, values)),
    );
    // The driver types rows as records of anything; which ones, only the text of the query says.
    return { rows: rows as object[] as Row[], count: rowCount ?? 0, command };
  }

  /** Rows as lists of values in the order of the columns: for hot statements. */
  async tuples<Row extends readonly unknown[]>(
    statement: Statement,
    values: readonly Value[] = [],
  ): Promise<Answer<Row>> {
    const { rows, rowCount, command } = await this.#asked(() =>
      this.#client.query<unknown[]>({ ...this.#query(statement, values), rowMode: "array" }),
    );
    // As in `send`.
    return {
      rows: rows as readonly unknown[][] as unknown[] as Row[],
      count: rowCount ?? 0,
      command,
    };
  }

  /**
   * Waits until the line is nobody else's. A transaction is done so: what is sent meanwhile by
   * others would become part of it.
   */
  async inTurn<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#last;
    const turn = before.then(work);
    this.#last = turn.catch(() => {});
    return await turn;
  }

  /** Ends the line after what was sent; what it does not answer in time is given up. */
  async close(): Promise<void> {
    if (this.#ended !== null) return;
    await within(this.#options, this.#client, () => this.#client.end()).catch(() => {});
  }

  /** Ends the line at once: whatever is under way fails. */
  destroy(error: Error): void {
    this.#ended ??= error;
    this.#client.connection.stream.destroy(error);
  }

  #query(statement: Statement, values: readonly Value[]): pg.QueryConfig<unknown[]> {
    const name = this.link === "direct" ? (statement.name ?? undefined) : undefined;
    return { text: statement.text, name, values: [...values] };
  }

  async #asked<T>(ask: () => Promise<T>): Promise<T> {
    if (this.#ended !== null) throw this.#explained(this.#ended);
    if (this.#outstanding === 0) {
      this.#askedAt = this.#options.clock.monotonic();
      this.#watch(this.deadlineMs);
    }
    this.#outstanding += 1;
    try {
      return await ask();
    } catch (error) {
      throw this.#explained(error);
    } finally {
      this.#outstanding -= 1;
      this.#askedAt = this.#options.clock.monotonic();
      if (this.#outstanding === 0) {
        this.#disarm?.();
        this.#disarm = null;
      }
    }
  }

  /** One timer for all that is under way: an answer moves the deadline, not the timer. */
  #watch(ms: number): void {
    const { clock, deadlineMs } = this.#options;
    this.#disarm = clock.schedule(clock.now() + ms, () => {
      const left = this.#askedAt + deadlineMs - clock.monotonic();
      if (left <= 0) this.destroy(overdue(deadlineMs));
      else this.#watch(left);
    });
  }

  /** The deadline is why a query failed, even where the driver only says that the line is gone. */
  #explained(error: unknown): unknown {
    return explain(isGone(error) ? (this.#ended ?? error) : error, this.where);
  }

  /** For the whole session, which is ours. */
  async #settle(): Promise<void> {
    await this.send({
      text: setting({ ...limits(this), ...SESSION, ...this.#options.settings }, "session"),
      name: null,
    });
  }
}

/**
 * In the middle of a transaction a client that stands still keeps others waiting for what it holds,
 * the renewal of its own lease among them: it loses the transaction after this, ms.
 */
const IDLE_MS_MAX = 5_000;

/**
 * A client that the network swallowed is found gone after a minute: the server asks, in seconds, and
 * else would keep a process for each of its lines for hours, till it has none left for others.
 */
const SESSION: Readonly<Record<string, string>> = {
  jit: "off",
  tcp_keepalives_idle: "30",
  tcp_keepalives_interval: "10",
  tcp_keepalives_count: "3",
};

/** A statement whose client has given up would go on otherwise. */
export function limits({ deadlineMs }: { readonly deadlineMs: number }): Record<string, string> {
  const ms = Math.ceil(deadlineMs);
  return {
    statement_timeout: String(ms),
    idle_in_transaction_session_timeout: String(Math.min(ms, IDLE_MS_MAX)),
  };
}

/** A statement that sets what it is given, for the session or for the transaction. */
export function setting(
  values: Readonly<Record<string, string>>,
  scope: "session" | "transaction",
): string {
  const set = Object.entries(values).map(
    ([name, value]) => `set_config('${name}', '${value}', ${scope === "transaction"})`,
  );
  return `select ${set.join(", ")}`;
}

function clientOf({ url, password, purpose }: ConnectionOptions): pg.Client {
  let client: pg.Client;
  try {
    client = new pg.Client({
      connectionString: url,
      application_name: `belfry ${purpose}`,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      pipeline: true,
      types: { getTypeParser: parserOf },
    });
  } catch (error) {
    throw badUrl(
      isFileMissing(error) ? `it names a file that cannot be read: ${error.message}` : null,
    );
  }
  // A password with an @ or a / in it that is not encoded: parts of it would pass for other things.
  if (client.database?.includes("@") === true) throw badUrl(null);
  // Given to the constructor, the URL's lack of one would win. The driver's types know only strings.
  if (password !== undefined) Reflect.set(client, "password", password);
  return client;
}

/** Without the URL, and without the error, which may quote it. */
function badUrl(objection: string | null): BelfryError {
  return new BelfryError(
    "usage",
    "bad-store",
    `the store's URL cannot be read${objection === null ? "" : `: ${objection}`}`,
    "write postgres://USER:PASSWORD@HOST:PORT/DATABASE, and any of : / ? # @ % within the password as %3A %2F %3F %23 %40 %25",
  );
}

function isFileMissing(error: unknown): error is Error {
  return error instanceof Error && "path" in error && "code" in error;
}

function whereOf({ database, host, port }: pg.Client): string {
  return `postgres://${host.startsWith("/") ? host : `${host}:${port}`}/${database ?? ""}`;
}

/** A pooler answers with a process id of its own making when a client connects. */
async function linkOf(client: pg.Client): Promise<Link> {
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  const told: unknown = Reflect.get(client, "processID");
  return rows[0]?.pid === told ? "direct" : "pooled";
}

async function within<T>(
  { clock, deadlineMs }: ConnectionOptions,
  client: pg.Client,
  work: () => Promise<T>,
): Promise<T> {
  const disarm = clock.schedule(clock.now() + deadlineMs, () => {
    client.connection.stream.destroy(overdue(deadlineMs));
  });
  try {
    return await work();
  } finally {
    disarm();
  }
}

function overdue(deadlineMs: number): Error {
  const error = new Error(`the server did not answer within ${deadlineMs} ms`);
  return Object.assign(error, { code: "ETIMEDOUT" });
}

/** The driver's own words for a line that has ended, which say nothing of why. */
function isGone(error: unknown): boolean {
  return error instanceof Error && /^(Connection terminated|Client )/.test(error.message);
}

type Parser = (text: string) => string | number;

/** By the type's object id, see pg_type: the integers, floats and numeric. */
const NUMBERS: ReadonlySet<number> = new Set([20, 21, 23, 26, 700, 701, 1700]);
const BOOLEAN = 16;

/** Numbers are numbers, and booleans 1 and 0, as SQLite has them; all else is text, JSON too. */
function parserOf(type: number): Parser {
  if (NUMBERS.has(type)) return parseNumber;
  return type === BOOLEAN ? parseBoolean : parseText;
}

function parseNumber(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && !Number.isSafeInteger(number)) {
    throw new RangeError(`The store has the number ${text}, which JavaScript cannot hold exactly.`);
  }
  return number;
}

function parseBoolean(text: string): number {
  return text === "t" ? 1 : 0;
}

function parseText(text: string): string {
  return text;
}
