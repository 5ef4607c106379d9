import type { CallerTransaction, TriggerIn } from "../../caller-transaction.ts";
import { BelfryError } from "../../core/errors.ts";
import { trigger } from "../sql/trigger.ts";
import { one, type Query, type Reply, type Work } from "../sql/work.ts";
import { codeOf } from "./failures.ts";
import { bound, SCHEMA, statementOf } from "./statement.ts";
import { wakeUp } from "./wake-ups.ts";

/**
 * Makes runs in somebody else's transaction, by their own connection. It has the isolation of that
 * transaction, and takes no lock: neither an advisory one nor that of a gate, since nobody knows how
 * long the caller takes, and nodes would wait. What changes until the commit (a pause, a removal, a
 * limit) is looked at by the node that lets the run to its gate after it.
 *
 * @param storeId which store it must be that the transaction reaches.
 */
export function triggerIn(storeId: () => Promise<string>): TriggerIn {
  return async (tx, request, now) => {
    await refuseElsewhere(tx, await storeId());
    const [triggered] = await performIn(tx, trigger([request], now, "later"));
    if (triggered === undefined) throw new Error("A trigger was not answered.");
    if (triggered.answer === "triggered") await performIn(tx, wakeUp(NOBODY, "runs"));
    return triggered;
  };
}

/** The caller's own node is to look too: it is not it that commits. */
const NOBODY = "";

/** Outside a transaction each statement is one of its own, and so begins when that does. */
const WHERE = `select store_id as store,
  case when transaction_timestamp() = statement_timestamp() then 0 else 1 end as within from meta`;

async function refuseElsewhere(tx: CallerTransaction, storeId: string): Promise<void> {
  const where = await whereIs(tx);
  if (where?.store !== storeId) throw elsewhere();
  if (where.within === 1) return;
  throw new BelfryError(
    "usage",
    "not-in-transaction",
    "What was given as tx is in no transaction: the run would exist whatever becomes of yours.",
    "Begin one and give the client that it is on; a pool does each statement on any of its own.",
  );
}

async function whereIs(
  tx: CallerTransaction,
): Promise<{ readonly store: string; readonly within: number } | undefined> {
  try {
    return await performIn(tx, one<{ store: string; within: number }>(WHERE));
  } catch (error) {
    // No such table, no such schema.
    if (["42P01", "3F000"].includes(codeOf(error) ?? "")) throw elsewhere(error);
    throw error;
  }
}

function elsewhere(cause?: unknown): BelfryError {
  return new BelfryError(
    "usage",
    "other-database",
    `What was given as tx reaches another database than the store's: its schema ${SCHEMA} is not there.`,
    "Keep the store in the database of your transaction: BELFRY_DATABASE_URL.",
    {},
    { cause },
  );
}

/**
 * Does a work in the caller's transaction. Answers come as one JSON text, since what a driver makes
 * of a 64-bit number or of true is the caller's to set.
 */
async function performIn<T>(tx: CallerTransaction, work: Work<T>): Promise<T> {
  let step = work.next();
  while (step.done !== true) {
    const replies: Reply[] = [];
    for (const query of step.value) replies.push(await answer(tx, query));
    step = work.next(replies);
  }
  return step.value;
}

async function answer(tx: CallerTransaction, { sql, values, wants }: Query): Promise<Reply> {
  const statement = statementOf(sql);
  const { text } = statement;
  const given = bound(statement, values);
  if (wants === "nothing") {
    await tx.query(text, given);
    return undefined;
  }
  const told = JSON.parse(textIn(await tx.query(WRAPPED[wants](text), given)), numbers);
  return wants === "tuples" ? told.map(Object.values) : told;
}

const WRAPPED: Readonly<Record<"rows" | "tuples" | "count", (text: string) => string>> = {
  rows: whole,
  tuples: whole,
  count: (text) => `with done as (${text} returning 1) select count(*)::text as answer from done`,
};

function whole(text: string): string {
  return `with found as (${text}) select coalesce(json_agg(found), '[]')::text as answer from found`;
}

/** As everywhere in the engines' common SQL. */
function numbers(_key: string, value: unknown): unknown {
  return typeof value === "boolean" ? Number(value) : value;
}

function textIn(result: unknown): string {
  const rows: unknown = isObject(result) && "rows" in result ? result.rows : result;
  const row: unknown = Array.isArray(rows) ? rows[0] : undefined;
  if (isObject(row) && "answer" in row && typeof row.answer === "string") return row.answer;
  throw new BelfryError(
    "usage",
    "bad-transaction",
    "What was given as tx does not answer with rows.",
    "query(text, values) must resolve to the rows as objects, or to { rows }.",
  );
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
