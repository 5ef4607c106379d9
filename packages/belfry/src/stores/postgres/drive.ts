import type { Query, Reply, Work } from "../sql/work.ts";
import type { Answer, Connection } from "./connection.ts";
import { bound, statementOf } from "./statement.ts";

/**
 * Does a work by a line, within the transaction under way. What nobody waits for is sent together
 * with what follows; whichever of it fails, the whole does, by the error that came first. When it
 * is over, so is all that it sent, but for what is left in `tail`.
 * @param tail takes what was sent last and nobody waits for, where somebody sends more behind it.
 */
export async function perform<T>(
  line: Connection,
  work: Work<T>,
  tail: Promise<unknown>[] | null = null,
): Promise<T> {
  const sent: Promise<unknown>[] = [];
  try {
    let step = work.next();
    while (step.done !== true) {
      const queries = step.value;
      const answers = queries.map((query) => send(line, query));
      sent.push(...answers);
      if (queries.every(({ wants }) => wants === "nothing")) {
        step = work.next([]);
        continue;
      }
      // Answers come in order: once these are there, so are those before them.
      await Promise.all(sent);
      sent.length = 0;
      const told = await Promise.all(answers);
      step = work.next(told.map((answer, index) => replyOf(queries[index], answer)));
    }
    if (tail === null) await Promise.all(sent);
    else tail.push(...sent);
    return step.value;
  } catch (error) {
    await Promise.allSettled(sent);
    throw error;
  }
}

function send(line: Connection, { sql, values, wants }: Query): Promise<Answer<object>> {
  const statement = statementOf(sql);
  const given = bound(statement, values);
  return wants === "tuples"
    ? line.tuples<readonly unknown[]>(statement, given)
    : line.send<object>(statement, given);
}

function replyOf(query: Query | undefined, { rows, count }: Answer<object>): Reply {
  return query?.wants === "count" ? count : rows;
}
