import { BelfryError } from "../core/errors.ts";
import type { LogLine, LogPage, LogQuery } from "../log.ts";
import { unpackLines } from "./log-row.ts";

const CURSOR = /^(\d{1,9}):(\d{1,15})$/;

/** A stretch of lines. */
export interface LogRow {
  readonly attempt: number;
  readonly first: number;
  readonly last: number;
  readonly lines: string;
}

/** A place in a run's log: after this line. */
export interface LogPlace {
  readonly attempt: number;
  readonly line: number;
}

/** What a reader gets of the rows that were found for it. */
export function pageOf(rows: readonly LogRow[], query: LogQuery, after: LogPlace): LogPage {
  const lines: LogLine[] = [];
  let cursor = query.after;
  for (const row of rows) {
    const room = query.limit - lines.length;
    if (room <= 0) break;
    const skip = firstNew(row, after) - row.first;
    const taken = unpackLines(row.lines, row.attempt).slice(skip, skip + room);
    lines.push(...taken);
    cursor = `${row.attempt}:${row.first + skip + taken.length - 1}`;
  }
  return { lines, cursor };
}

/** The first line of a row that the reader has not seen. */
export function firstNew(row: LogRow, after: LogPlace): number {
  return row.attempt === after.attempt ? Math.max(row.first, after.line + 1) : row.first;
}

/** Where reading begins: after the cursor, and not before the attempt that is asked for. */
export function startOfReading({ after, attempt }: LogQuery): LogPlace {
  const lowest = { attempt: attempt ?? 0, line: -1 };
  if (after === null) return lowest;
  const match = CURSOR.exec(after);
  if (match === null) {
    throw new BelfryError(
      "usage",
      "bad-cursor",
      `"${after}" is no place in a log.`,
      "Use the cursor of the page before, or none to begin at the beginning.",
    );
  }
  const cursor = { attempt: Number(match[1]), line: Number(match[2]) };
  return cursor.attempt < lowest.attempt ? lowest : cursor;
}
