/** A statement as PostgreSQL takes it. */
export interface Statement {
  readonly text: string;
  /** Under which the server keeps it on a line; null: it is planned anew each time. */
  readonly name: string | null;
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
  `(?<quoted>${QUOTED.source})|(?<list>${LIST.source}${ALIAS.source})|${TABLE.source}|(?<value>\\?)`,
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
    values += 1;
    if (groups["list"] === undefined) return `$${values}`;
    const alias = groups["as"] ?? groups["bare"] ?? `list${values}`;
    return `unnest(cast($${values} as ${groups["type"] ?? "text"}[])) as ${alias}(value)`;
  });
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
  const statement = { text: write(sql), name };
  if (name !== null) statements.set(sql, statement);
  return statement;
}
