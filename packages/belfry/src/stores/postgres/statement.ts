import type { Single, Value } from "../sql/work.ts";

/** A statement as PostgreSQL takes it. */
export interface Statement {
  readonly text: string;
  /** Under which the server keeps it on a line; null: it is planned anew each time. */
  readonly name: string | null;
  /** How many columns the rows given for each `?` have; 0: it is no list of rows. Absent: none is. */
  readonly columns?: readonly number[];
}

/** Where all of Belfry's tables are. Named in each statement: behind a pooler no setting holds. */
export const SCHEMA = "belfry" as const;

export const TABLES: readonly string[] = [
  "audit",
  "checkpoint",
  "day",
  "definition",
  "effect",
  "gap",
  "gate",
  "history",
  "incident",
  "lock",
  "log",
  "meta",
  "node",
  "node_task",
  "outbox",
  "pending",
  "release",
  "running",
  "schedule",
  "source",
  "task",
  "trigger_key",
];

/** What stands within quotes, or is a comment, is nobody's to change. */
const QUOTED = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\//;
const ROWS = /values_of\s*\(\s*\?\s+(?<columns>[^)]*)\)/;
const LIST = /unnest\s*\(\s*(?:\?|cast\s*\(\s*\?\s+as\s+(?<type>\w+)\[\]\s*\))\s*\)/;
/** Words that may follow a table and are not its alias. */
const NO_ALIAS =
  "where|on|join|cross|inner|left|right|full|natural|group|having|order|limit|offset|union|except|intersect|for|returning|set|using|window";
const ALIAS = new RegExp(
  `(?:\\s+as\\s+(?<as>\\w+)|\\s+(?!(?:${NO_ALIAS})\\b)(?<bare>[a-z_]\\w*))?`,
);
/** Not `is distinct from`, after which comes a column. */
const TABLE = new RegExp(
  `(?<before>(?<!\\bdistinct\\s+)\\bfrom\\s+|\\b(?:join|into|update)\\s+)(?<table>${TABLES.join("|")})\\b(?!\\s*\\.)`,
);
const TOKEN = new RegExp(
  `(?<quoted>${QUOTED.source})|(?<rows>${ROWS.source})|(?<list>${LIST.source}${ALIAS.source})|${TABLE.source}|(?<value>\\?)`,
  "gi",
);

/**
 * The engines' common SQL in PostgreSQL's own: `?` become `$1`, `$2` …, tables get their schema, and
 * a list in `unnest` has one column, `value`.
 */
export function translate(sql: string): string {
  let values = 0;
  return sql.replace(TOKEN, (whole: string, ...rest: readonly unknown[]) => {
    const groups = groupsOf(rest);
    if (groups["quoted"] !== undefined) return whole;
    if (groups["table"] !== undefined) return `${groups["before"]}${SCHEMA}.${groups["table"]}`;
    if (groups["columns"] !== undefined) {
      const columns = columnsOf(groups["columns"]);
      const arrays = columns.map(({ type }) => `cast($${++values} as ${type}[])`);
      const names = columns.map(({ name }) => name);
      return `unnest(${arrays.join(", ")}) as given(${names.join(", ")})`;
    }
    values += 1;
    if (groups["list"] === undefined) return `$${values}`;
    const alias = groups["as"] ?? groups["bare"] ?? `list${values}`;
    return `unnest(cast($${values} as ${groups["type"] ?? "text"}[])) as ${alias}(value)`;
  });
}

interface Column {
  readonly name: string;
  readonly type: string;
}

function columnsOf(text: string): readonly Column[] {
  return text.split(",").map((column) => {
    const [name = "", type = ""] = column.trim().split(/\s+/);
    return { name, type };
  });
}

/** For each `?` how many columns the rows have that are given for it. */
function widths(sql: string): readonly number[] {
  const found: number[] = [];
  for (const match of sql.matchAll(TOKEN)) {
    const { quoted, list, value, columns } = match.groups ?? {};
    if (quoted !== undefined) continue;
    if (columns !== undefined) found.push(columnsOf(columns).length);
    else if (list !== undefined || value !== undefined) found.push(0);
  }
  return found;
}

/** What to bind for what was given: a list is one text, and rows are a list for each of their columns. */
export function bound({ columns }: Statement, values: readonly Value[]): Single[] {
  const given: Single[] = [];
  for (const [index, value] of values.entries()) {
    const width = columns?.[index] ?? 0;
    if (typeof value !== "object" || value === null) given.push(value);
    else if (width === 0) given.push(listText(value.length, (item) => single(value[item])));
    else {
      for (let column = 0; column < width; column += 1) {
        given.push(listText(value.length, (row) => cell(value[row], column)));
      }
    }
  }
  return given;
}

type Item = Single | readonly Single[] | undefined;

function single(item: Item): Single {
  return typeof item === "object" ? null : (item ?? null);
}

function cell(row: Item, column: number): Single {
  return typeof row === "object" && row !== null ? (row[column] ?? null) : null;
}

const UNSAFE = /["\\]/;

/** A list as PostgreSQL reads it: what a driver makes of one is as much its own, and slower. */
function listText(length: number, itemAt: (index: number) => Single): string {
  let text = "";
  for (let index = 0; index < length; index += 1) {
    const item = itemAt(index);
    text += index === 0 ? "{" : ",";
    if (typeof item === "string") text += `"${UNSAFE.test(item) ? escaped(item) : item}"`;
    else text += item === null ? "NULL" : String(item);
  }
  return length === 0 ? "{}" : `${text}}`;
}

function escaped(text: string): string {
  return text.replaceAll(/["\\]/g, "\\$&");
}

/** Named groups come last among what a replacer is given. */
function groupsOf(rest: readonly unknown[]): Readonly<Record<string, string | undefined>> {
  const groups = rest.at(-1);
  return typeof groups === "object" && groups !== null ? { ...groups } : {};
}

/**
 * A server keeps what it is given a name for, on each line. The texts are ours and few; if somebody
 * builds them from values, they go without names rather than fill the server's memory.
 */
const NAMED_MAX = 1_000;
const statements = new Map<string, Statement>();

/** The engines' common SQL as a statement, translated once. */
export function statementOf(sql: string): Statement {
  return remembered(sql, translate);
}

/** A statement written for PostgreSQL, as it is. */
export function native(text: string): Statement {
  return remembered(text, (same) => same);
}

function remembered(sql: string, write: (sql: string) => string): Statement {
  const known = statements.get(sql);
  if (known !== undefined) return known;
  const name = statements.size < NAMED_MAX ? `belfry_${statements.size + 1}` : null;
  const columns = widths(sql);
  const rows = columns.some((width) => width > 0);
  const statement = { text: write(sql), name, ...(rows ? { columns } : {}) };
  if (name !== null) statements.set(sql, statement);
  return statement;
}
