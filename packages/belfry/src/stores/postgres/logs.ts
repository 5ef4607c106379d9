import type { Clock } from "../../clock.ts";
import type { LogBatch, LogPage, LogQuery, Logs } from "../../log.ts";
import { firstNew, type LogPlace, type LogRow, pageOf, startOfReading } from "../log-page.ts";
import { type PackedBatch, packBatch } from "../log-row.ts";
import { Connection } from "./connection.ts";
import { Lines } from "./lines.ts";
import { statementOf } from "./statement.ts";

const DAY_MS = 86_400_000;
const READ_ROWS = 32;
/** Rows forgotten by one statement, so that none takes long. */
const SLICE = 5_000;

const FORGET = statementOf(
  "delete from log where run = ? and attempt = ? and last >= ? and last < ?",
);
const WRITE = statementOf(
  `insert into log (run, attempt, last, first, lines, day_at) values (?, ?, ?, ?, ?, ?)
   on conflict (run, attempt, last) do update set first = excluded.first, lines = excluded.lines,
     day_at = excluded.day_at`,
);
const READ = statementOf(
  `select attempt, first, last, lines from log where run = ? and (attempt, last) > (?, ?)
   and attempt <= ? order by attempt, last limit ${READ_ROWS}`,
);
const PRUNE = statementOf(
  `delete from log where ctid = any(array(
     select ctid from log where day_at <= ? limit ${SLICE}))`,
);

export interface PostgresLogsOptions {
  readonly url: string;
  readonly password?: (() => string | Promise<string>) | undefined;
  readonly clock: Clock;
  readonly deadlineMs: number;
}

/** The logs of runs, beside the store they belong to, by a line of their own. */
export class PostgresLogs implements Logs {
  readonly #lines: Lines;

  constructor(options: PostgresLogsOptions) {
    this.#lines = new Lines(1, () => Connection.open({ ...options, purpose: "logs" }));
  }

  async append(batches: readonly LogBatch[]): Promise<void> {
    // Each statement is a transaction of its own, and writing a batch twice is writing it once.
    await this.#lines.use(async (line) => {
      const sent = batches.map(packBatch).flatMap((batch) => write(line, batch));
      await Promise.allSettled(sent);
      await Promise.all(sent);
    });
  }

  async read(query: LogQuery): Promise<LogPage> {
    const after = startOfReading(query);
    const rows = await this.#lines.use((line) => readRows(line, query, after));
    return pageOf(rows, query, after);
  }

  async prune(before: number): Promise<void> {
    await this.#lines.use(async (line) => {
      for (;;) {
        const { count } = await line.send(PRUNE, [before - DAY_MS]);
        if (count < SLICE) return;
      }
    });
  }

  async close(): Promise<void> {
    await this.#lines.close(new Error("The logs were closed."));
  }
}

function write(line: Connection, batch: PackedBatch): readonly Promise<unknown>[] {
  const { run, attempt, first, last, lines, at, forget } = batch;
  const forgotten =
    forget === null ? [] : [line.send(FORGET, [run, attempt, forget.from, forget.to])];
  if (at === null) return forgotten;
  const dayAt = at - (at % DAY_MS);
  return [...forgotten, line.send(WRITE, [run, attempt, last, first, lines, dayAt])];
}

/** At least as many lines after the cursor as are asked for, if there are so many. */
async function readRows(
  line: Connection,
  query: LogQuery,
  after: LogPlace,
): Promise<readonly LogRow[]> {
  const { run, limit } = query;
  const highest = query.attempt ?? Number.MAX_SAFE_INTEGER;
  const rows: LogRow[] = [];
  let found = 0;
  let from = after;
  for (;;) {
    const values = [run, from.attempt, from.line, highest];
    const page = await line.send<LogRow>(READ, values);
    for (const row of page.rows) {
      rows.push(row);
      found += row.last - firstNew(row, after) + 1;
      from = { attempt: row.attempt, line: row.last };
    }
    if (page.rows.length < READ_ROWS || found >= limit) return rows;
  }
}
