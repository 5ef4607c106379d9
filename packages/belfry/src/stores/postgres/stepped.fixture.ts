import type { Reply, Work } from "../sql/work.ts";
import type { Connection } from "./connection.ts";
import { perform } from "./drive.ts";
import { PACE, waitsForLock } from "./line.fixture.ts";
import { type Hold, transact } from "./transaction.ts";

/** A transaction that stands still in the middle of its work, until it is let go. */
export interface Stepped<T> {
  readonly answer: Promise<T>;
  /** Resolves where it stands. */
  readonly stands: Promise<void>;
  go(): void;
  /** How often it was begun: more than once where it met others. */
  tries(): number;
}

/**
 * Does a work as the store does, statement by statement, and stands still the first time it comes
 * to one that matches; or at its end; or nowhere.
 */
export function stepped<T>(
  line: Connection,
  work: () => Work<T>,
  before: RegExp | "its end" | "nowhere",
  hold: Hold = "work",
): Stepped<T> {
  const stand = Promise.withResolvers<void>();
  const leave = Promise.withResolvers<void>();
  let tries = 0;
  const standStill = async (): Promise<void> => {
    stand.resolve();
    await leave.promise;
  };
  const answer = transact(line, hold, PACE, async () => {
    tries += 1;
    const doing = work();
    let step = doing.next();
    while (step.done !== true) {
      const queries = step.value;
      if (before instanceof RegExp && queries.some(({ sql }) => before.test(sql))) {
        await standStill();
      }
      const asked = function* (): Work<readonly Reply[]> {
        return yield queries;
      };
      step = doing.next(await perform(line, asked()));
    }
    if (before === "its end") await standStill();
    return step.value;
  });
  const missed = answer.then(() => {
    if (before !== "nowhere") throw new Error(`it never came to ${before}`);
  });
  return {
    answer,
    stands: Promise.race([stand.promise, missed]),
    go: () => leave.resolve(),
    tries: () => tries,
  };
}

/** Resolves when the call is over, or somebody waits for a lock. */
export async function overOrWaiting(call: Promise<unknown>, observer: Connection): Promise<void> {
  const over = call.then(
    () => {},
    () => {},
  );
  await Promise.race([over, waitsForLock(observer).catch(() => {})]);
}
