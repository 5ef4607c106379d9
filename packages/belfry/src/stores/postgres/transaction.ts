import type { Clock, Random } from "../../clock.ts";
import { type Connection, limits, setting } from "./connection.ts";
import { givenUp, isRetryable } from "./failures.ts";
import { native, type Statement } from "./statement.ts";

/**
 * Whom a transaction keeps out, as SQLite's one writer keeps out everybody: `alone` whoever works
 * (it changes what is declared: publish, adopt, set a schedule), `work` only those (it moves runs),
 * `tables` whoever changes tables. `free` keeps nobody out and is kept out by nobody: a lease is
 * renewed whatever others do. `snapshot` only reads, all of it as it was at one moment.
 */
export type Hold = "alone" | "work" | "tables" | "free" | "snapshot";

/** The first half of the keys of our advisory locks: `belf`. */
const OURS = 0x62656c66;
const LOCKS: Readonly<Partial<Record<Hold, Statement>>> = {
  alone: native(`select pg_advisory_xact_lock(${OURS}, 1)`),
  work: native(`select pg_advisory_xact_lock_shared(${OURS}, 1)`),
  tables: native(`select pg_advisory_xact_lock(${OURS}, 2)`),
};
const BEGIN = native("begin");
const BEGIN_SNAPSHOT = native("begin isolation level repeatable read read only");
const COMMIT = native("commit");
const ROLLBACK = native("rollback");

const TRIES = 8;
/** Before the first retry at most so long, then twice as long each time, ms. */
const WAIT_MS = 10;
const WAIT_MAX_MS = 500;

/** What waiting for a retry takes. */
export interface Pace {
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Does all of `work` in one transaction, durable when the promise resolves; again from its start
 * where it met others; where it always does the store is as good as away, for nothing is wrong with
 * the work. It must do all it does by this line, and wait for all it sent. Where the
 * line is lost during the commit nobody knows whether it was done: then nothing is done again, and
 * the error is the line's.
 * @param work may leave in `tail` what it sent and does not wait for: the commit goes right behind it.
 */
export async function transact<T>(
  line: Connection,
  hold: Hold,
  pace: Pace,
  work: (tail: Promise<unknown>[]) => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await line.inTurn(() => attempt(line, hold, work));
    } catch (error) {
      if (!isRetryable(error)) throw error;
      if (tries === TRIES) throw givenUp(error, line.where);
      await pause(pace, pace.random() * Math.min(WAIT_MAX_MS, WAIT_MS * 2 ** tries));
    }
  }
}

async function attempt<T>(
  line: Connection,
  hold: Hold,
  work: (tail: Promise<unknown>[]) => Promise<T>,
): Promise<T> {
  const opening = [line.send(hold === "snapshot" ? BEGIN_SNAPSHOT : BEGIN)];
  if (line.link === "pooled") {
    opening.push(line.send({ text: setting(limits(line), "transaction"), name: null }));
  }
  const lock = LOCKS[hold];
  if (lock !== undefined) opening.push(line.send(lock));
  const tail: Promise<unknown>[] = [];
  // All of it must be sent before the end is, or the rest would be done outside.
  const [answer, ...opened] = await Promise.allSettled([work(tail), ...opening]);
  // What went wrong first is why the rest did.
  const failed = [...opened, answer].find((result) => result.status === "rejected");
  if (failed !== undefined || answer.status === "rejected") {
    await Promise.allSettled(tail);
    if (line.ended === null) await line.send(ROLLBACK).catch(() => {});
    throw failed?.reason;
  }
  const committing = line.send(COMMIT);
  // Where one of these fails, the server takes the commit for a rollback.
  const late = (await Promise.allSettled([...tail, committing])).find(isRejected);
  if (late !== undefined) throw late.reason;
  const { command } = await committing;
  if (command !== "COMMIT") {
    throw new Error(
      `The transaction was undone, since one of its statements had failed: ${command}.`,
    );
  }
  return answer.value;
}

function isRejected(result: PromiseSettledResult<unknown>): result is PromiseRejectedResult {
  return result.status === "rejected";
}

function pause({ clock }: Pace, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.schedule(clock.now() + ms, resolve);
  });
}
