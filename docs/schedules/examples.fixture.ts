import { basename } from "node:path";
import {
  DIALECT_NAMES,
  type Dialect,
  localDate,
  offsetAt,
  type Schedule,
} from "../../packages/schedule/src/index.ts";
import { readPages } from "../pages.fixture.ts";

/** A row of a table of examples, by its columns; a column that it lacks is empty. */
export interface Example {
  /** `docs/schedules/unix.md:12` */
  readonly place: string;
  readonly dialect: Dialect;
  readonly expression: string;
  readonly zone: string;
  readonly from: string;
  readonly anchor: string;
  readonly to: string;
  /** What is claimed, and what of it: one of these columns makes a table one of examples. */
  readonly claim: (typeof CLAIMS)[number];
  readonly claimed: string;
  /** An expression of the same dialect to write in place of one that is refused. */
  readonly instead: string;
}

const CLAIMS = ["next", "refused because", "becomes"] as const;
const DAY_MS = 86_400_000;
const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** The examples of every page of schedules. The page of a dialect, named after it, has no other tables of expressions. */
export function readExamples(): Example[] {
  const pages = readPages().filter(({ path }) => path.startsWith("docs/schedules/"));
  return pages.flatMap(({ path, text }) => {
    const own = basename(path, ".md");
    return tablesOf(text).flatMap(({ line, header, rows }) => {
      if (!header.includes("expression")) return [];
      const claim = CLAIMS.find((name) => header.includes(name));
      if (claim === undefined) {
        if (dialectOf(own) === undefined) return [];
        throw new Error(`${path}:${line}: add a column, ${CLAIMS.join(" or ")}`);
      }
      return rows.map((cells, index) => {
        const place = `${path}:${line + 2 + index}`;
        const cell = (name: string): string => cells[header.indexOf(name)] ?? "";
        const dialect = dialectOf(cell("dialect") || own);
        if (dialect === undefined) throw new Error(`${place}: name the dialect in a column`);
        return {
          place,
          dialect,
          expression: cell("expression").replaceAll("\\n", "\n"),
          zone: cell("zone") || "UTC",
          from: cell("from") || "2026-01-01",
          anchor: cell("anchor"),
          to: cell("to"),
          claim,
          claimed: cell(claim),
          instead: cell("instead").replaceAll("\\n", "\n"),
        };
      });
    });
  });
}

function dialectOf(name: string): Dialect | undefined {
  return DIALECT_NAMES.find((known) => known === name);
}

interface Table {
  /** Of the header, from 1. */
  readonly line: number;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Cells are without the marks of code around them. */
export function tablesOf(text: string): Table[] {
  const lines = text.split("\n");
  const tables: Table[] = [];
  for (let at = 0; at < lines.length; at++) {
    if (!lines[at]?.startsWith("|")) continue;
    const from = at;
    while (lines[at]?.startsWith("|")) at++;
    const [header = [], , ...rows] = lines.slice(from, at).map(cellsOf);
    tables.push({ line: from + 1, header, rows });
  }
  return tables;
}

function cellsOf(line: string): string[] {
  const cells = line.split("|").slice(1, -1);
  return cells.map((cell) => cell.trim().replace(/^`([^`]*)`$/, "$1"));
}

/**
 * The first occurrences from an instant on, as tables say them: `Sun 2026-03-08 03:00, 04:00`. The
 * date stands where it is another, the offset where the clock shows the time twice, and `end` where
 * nothing follows.
 */
export function nextWords(schedule: Schedule, zone: string, from: number, count: number): string {
  const words: string[] = [];
  let date = "";
  for (const at of schedule.between(from, Number.POSITIVE_INFINITY)) {
    if (words.length === count) return words.join(", ");
    const on = localDate(at, zone);
    const weekday = WEEKDAYS[new Date(on).getUTCDay()];
    words.push(`${on === date ? "" : `${weekday} ${on} `}${clockText(at, zone)}`);
    date = on;
  }
  return [...words, "end"].slice(0, count).join(", ");
}

function clockText(at: number, zone: string): string {
  const offset = offsetAt(at, zone);
  const clock = new Date(at + offset)
    .toISOString()
    .slice(11, 23)
    .replace(/(:00)?\.000$/, "");
  const twice = [at - DAY_MS, at + DAY_MS].some((near) => {
    const other = offsetAt(near, zone);
    return other !== offset && offsetAt(at + offset - other, zone) === other;
  });
  return twice ? clock + offsetText(offset) : clock;
}

function offsetText(offset: number): string {
  const size = new Date(Math.abs(offset)).toISOString().slice(11, 16);
  return `${offset < 0 ? "-" : "+"}${size}`;
}
