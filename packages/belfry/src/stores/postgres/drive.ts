import type { Work } from "../sql/work.ts";
import type { Connection } from "./connection.ts";
import { bound, statementOf } from "./statement.ts";

/**
 * Does a work by a line, within the transaction under way. What nobody waits for is sent together
 * with what follows; whichever of it fails, the whole does, by the error that came first. When it
 * is over, so is all that it sent.
 */
export async function perform<T>(line: Connection, work: Work<T>): Promise<T> {
  const sent: Promise<unknown>[] = [];
  try {
    let step = work.next();
    while (step.done !== true) {
      const { sql, values, wants } = step.value;
      const statement = statementOf(sql);
      const given = bound(statement, values);
      const answer =
        wants === "tuples"
          ? line.tuples<readonly unknown[]>(statement, given)
          : line.send<object>(statement, given);
      sent.push(answer);
      if (wants === "nothing") {
        step = work.next();
        continue;
      }
      // Answers come in order: once this one is there, so are those before it.
      await Promise.all(sent);
      sent.length = 0;
      const { rows, count } = await answer;
      step = work.next(wants === "count" ? count : rows);
    }
    await Promise.all(sent);
    return step.value;
  } catch (error) {
    await Promise.allSettled(sent);
    throw error;
  }
}
