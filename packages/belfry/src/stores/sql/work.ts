export type Single = null | number | string;

/**
 * What a statement is given for a `?`. A list stands for the argument of `= any(?)`, `<> all(?)` or
 * `unnest(cast(? as text[]))`; a list of rows for that of `values_of(? id text, due_at bigint)`, a
 * table with those columns.
 */
export type Value = Single | readonly Single[] | readonly (readonly Single[])[];

/** A statement that a work has done for it, in the SQL that every engine takes. */
export interface Query {
  readonly sql: string;
  readonly values: readonly Value[];
  /** `nothing`: nobody waits for the answer, so what follows may be sent before it is there. */
  readonly wants: "rows" | "tuples" | "count" | "nothing";
}

/** The rows, as records or as lists, or how many have changed; nothing where nothing is wanted. */
export type Reply = readonly object[] | number | undefined;

/**
 * A part of a transaction, written once for all engines: it yields statements, as a rule one, and is
 * handed their replies. What drives it knows the engine and its connection. It catches nothing, for
 * its transaction is over when a statement fails.
 */
export type Work<T> = Generator<readonly Query[], T, readonly Reply[]>;

/** The first row. The SQL text beside `Row` is all that vouches for the type. */
export function* one<Row extends object>(
  sql: string,
  ...values: readonly Value[]
): Work<Row | undefined> {
  return rowsOf<Row>(yield [{ sql, values, wants: "rows" }])[0];
}

export function* all<Row extends object>(
  sql: string,
  ...values: readonly Value[]
): Work<readonly Row[]> {
  return rowsOf<Row>(yield [{ sql, values, wants: "rows" }]);
}

/**
 * Rows as lists of values, in the order of the query's columns: for what is hot, since an object for
 * each row costs as much as the row itself.
 */
export function* tuples<Row extends readonly (null | number | string)[]>(
  sql: string,
  ...values: readonly Value[]
): Work<readonly Row[]> {
  return rowsOf<Row>(yield [{ sql, values, wants: "tuples" }]);
}

/** @returns how many rows changed. */
export function* count(sql: string, ...values: readonly Value[]): Work<number> {
  const [changed] = yield [{ sql, values, wants: "count" }];
  if (typeof changed !== "number") throw new TypeError(`Nobody counted what changed by: ${sql}`);
  return changed;
}

/** Changes rows, however many. */
export function* put(sql: string, ...values: readonly Value[]): Work<void> {
  yield [{ sql, values, wants: "nothing" }];
}

/** Two works that need nothing of each other, in step: what each asks next is asked at once. */
export function* together<A, B>(one: Work<A>, two: Work<B>): Work<readonly [A, B]> {
  let a = one.next();
  let b = two.next();
  while (a.done !== true || b.done !== true) {
    const [asksA, asksB] = [asksOf(a), asksOf(b)];
    const replies = yield [...asksA, ...asksB];
    if (a.done !== true) a = one.next(replies.slice(0, asksA.length));
    if (b.done !== true) b = two.next(replies.slice(asksA.length));
  }
  return [a.value, b.value];
}

function asksOf(step: IteratorResult<readonly Query[], unknown>): readonly Query[] {
  return step.done === true ? [] : step.value;
}

function rowsOf<Row extends object>([reply]: readonly Reply[]): readonly Row[] {
  // Engines type rows as records of values; which ones, only the text of the query says.
  return reply as readonly Row[];
}
