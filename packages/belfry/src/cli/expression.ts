import {
  DIALECT_NAMES,
  type Dialect,
  detect,
  parse,
  type Schedule,
  ScheduleError,
} from "@belfry/schedule";
import { BelfryError } from "../core/errors.ts";
import { readBare } from "../define/bare-schedule.ts";
import type { Session } from "./session.ts";

/* An expression as it is given on the command line: whose it is, in which zone, what is wrong with it. */

/**
 * What it means: in the dialect that was asked for, or as a task would take it that has only the
 * text; where no task would, in each dialect that takes it.
 */
export function readingsOf(
  expression: string,
  asked: string | null,
  timeZone: string,
): readonly [Schedule, ...Schedule[]] {
  if (asked !== null) return [parse(expression, { dialect: dialectOf(asked), timeZone })];
  const { dialect } = readBare(expression);
  try {
    return [parse(expression, { dialect, timeZone })];
  } catch (error) {
    const [first, ...others] = detect(expression, { timeZone });
    if (first !== undefined) return [first, ...others];
    // What is plainly meant for it, but for a fault: that is the error to tell.
    if (/^(?:RRULE:|FREQ=|DTSTART)/i.test(expression))
      parse(expression, { dialect: "rrule", timeZone });
    throw error;
  }
}

function dialectOf(asked: string): Dialect {
  const known = DIALECT_NAMES.find((name) => name === asked);
  if (known !== undefined) return known;
  const hint = `There are ${DIALECT_NAMES.join(", ")}; unix is cron.`;
  throw new BelfryError("usage", "dialect", `There is no dialect ${JSON.stringify(asked)}.`, hint);
}

/** A configuration that is broken must not keep anybody from asking what an expression means. */
export async function configuredZone(session: Session): Promise<string> {
  try {
    return (await session.config()).timeZone;
  } catch {
    session.say("The configuration cannot be read, so the zone is UTC; see `belfry doctor`.");
    return "UTC";
  }
}

/** Puts the expression and a caret under what the error is about, before the error itself. */
export function tellPlace<T>(session: Session, expression: string, read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof ScheduleError && thrown.code !== "time-zone" && !session.json) {
      const lines = caretLines(session, expression, thrown);
      for (const line of lines) session.io.stderr.write(`${line}\n`);
    }
    throw thrown;
  }
}

export function caretLines(
  session: Session,
  expression: string,
  { position, length }: { position: number; length: number },
): string[] {
  if (length === 0 || !/^[ -~]*$/.test(expression)) return [];
  const carets = "^".repeat(Math.max(1, Math.min(length, expression.length - position)));
  return [`  ${expression}`, `  ${" ".repeat(position)}${session.err.bad(carets)}`];
}
