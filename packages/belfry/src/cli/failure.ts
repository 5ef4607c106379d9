import { ScheduleError } from "@belfry/schedule";
import { BelfryError, type ErrorKind } from "../core/errors.ts";
import { errorView } from "../views/error.ts";
import type { Session } from "./session.ts";
import { plain, plainLines } from "./terminal/escape.ts";

const CODES: Readonly<Record<ErrorKind, number>> = {
  usage: 2,
  "not-found": 3,
  denied: 4,
  conflict: 5,
  unavailable: 69,
};

/** Tells what went wrong, where and what to do. @returns the exit code. */
export function tellFailure(session: Session, thrown: unknown): number {
  if (session.json) {
    session.io.stderr.write(`${session.jsonText(errorView(thrown))}\n`);
  } else {
    for (const line of linesOf(session, thrown)) session.io.stderr.write(`${line}\n`);
  }
  return exitCode(thrown);
}

function exitCode(thrown: unknown): number {
  if (thrown instanceof BelfryError) return CODES[thrown.kind];
  // What cannot be said in another dialect was asked well: the answer is no.
  return thrown instanceof ScheduleError && thrown.code !== "convert" ? CODES.usage : 1;
}

function linesOf(session: Session, thrown: unknown): string[] {
  const { error } = errorView(thrown);
  const { err } = session;
  const { file, line } = error;
  const place = file === null ? "" : line === null ? `${file}: ` : `${file}:${line}: `;
  const lines = [`${err.bad("✗")} ${plain(place)}${plainLines(error.message)}`];
  if (error.hint !== null) lines.push(err.dim(`  ${plainLines(error.hint)}`));
  const unforeseen = !(thrown instanceof BelfryError || thrown instanceof ScheduleError);
  if (unforeseen && thrown instanceof Error) {
    lines.push(err.dim(plainLines(thrown.stack ?? "")));
    lines.push("  This is a fault in Belfry itself: please report it with these lines.");
  }
  return lines;
}
