import type { Query, Reply, Single, Value, Work } from "../sql/work.ts";
import type { Database } from "./database.ts";

/** Does a work at once, within the transaction under way. */
export function perform<T>(db: Database, work: Work<T>): T {
  let step = work.next();
  while (step.done !== true) step = work.next(answers(db, step.value));
  return step.value;
}

/** No callbacks, as below. */
function answers(db: Database, queries: readonly Query[]): readonly Reply[] {
  const replies: Reply[] = [];
  for (const query of queries) replies.push(answer(db, query));
  return replies;
}

function answer(db: Database, { sql, values, wants }: Query): Reply {
  const text = textOf(sql);
  if (wants === "rows") return db.all(text.sql, ...bound(values));
  if (wants === "tuples") return db.tuples(text.sql, ...bound(values));
  if (wants === "count") return db.run(text.sql, ...bound(values));
  // Who writes is alone already.
  if (!text.locks) db.run(text.sql, ...bound(values));
  return undefined;
}

/** A statement as SQLite takes it. */
interface Text {
  readonly sql: string;
  /** Whether it locks what it selects. */
  readonly locks: boolean;
}

const texts = new Map<string, Text>();

function textOf(sql: string): Text {
  let text = texts.get(sql);
  if (text === undefined) {
    text = { sql: rewritten(sql), locks: LOCKS.test(sql) };
    texts.set(sql, text);
  }
  return text;
}

const LOCKS = / for update(?: of \w+)?(?: skip locked)?$/;

/** Lists are JSON here; and a hint, which other engines take for a comment, is an index to use. */
function rewritten(sql: string): string {
  return sql
    .replace(LOCKS, "")
    .replaceAll("= any(?)", "in (select value from json_each(?))")
    .replaceAll("<> all(?)", "not in (select value from json_each(?))")
    .replaceAll("unnest(cast(? as text[]))", "json_each(?)")
    .replaceAll(/values_of\(\? ([^)]*)\)/g, (_, columns: string) => tableOf(columns))
    .replaceAll(/\/\* by (\w+) \*\//g, "indexed by $1");
}

/** As JSONB inside, since each element would be parsed anew as text. */
function tableOf(columns: string): string {
  const names = columns.split(",").map((column) => column.trim().split(" ")[0]);
  const values = names.map((name, index) => `value ->> ${index} as ${name}`);
  return `(select ${values.join(", ")} from jsonb_each(?)) as given`;
}

function bound(values: readonly Value[]): readonly Single[] {
  return areSingle(values) ? values : values.map(asSingle);
}

/** No callbacks, since every statement of a hot path comes through here. */
function areSingle(values: readonly Value[]): values is readonly Single[] {
  for (const value of values) if (!isSingle(value)) return false;
  return true;
}

function isSingle(value: Value): value is Single {
  return typeof value !== "object" || value === null;
}

function asSingle(value: Value): Single {
  return isSingle(value) ? value : JSON.stringify(value);
}
