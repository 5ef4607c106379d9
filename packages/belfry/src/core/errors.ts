/**
 * What went wrong, in the terms of the command line's exit codes:
 * `usage` 2 (wrong call or bad input), `not-found` 3, `denied` 4, `conflict` 5, `unavailable` 69.
 */
export type ErrorKind = "usage" | "not-found" | "denied" | "conflict" | "unavailable";

export interface Place {
  readonly file?: string | undefined;
  readonly line?: number | undefined;
}

/** An error that a person can act on: what is wrong, where, and what to do. */
export class BelfryError extends Error {
  override readonly name: string = "BelfryError";
  readonly kind: ErrorKind;
  /** A stable word for programs, such as `unknown-task`. */
  readonly code: string;
  /** What to do about it, as a sentence or a command. */
  readonly hint: string | null;
  readonly file: string | null;
  /** 1-based line within `file`. */
  readonly line: number | null;

  constructor(
    kind: ErrorKind,
    code: string,
    message: string,
    hint: string | null = null,
    place: Place = {},
    options: ErrorOptions = {},
  ) {
    super(message, options);
    this.kind = kind;
    this.code = code;
    this.hint = hint;
    this.file = place.file ?? null;
    this.line = place.line ?? null;
  }
}

/** Who was to take something has said that it never will: to offer it again cannot help. */
export class RefusedForGood extends BelfryError {}

/** Throw this from a task when trying again cannot help: the run fails at once, without a retry. */
export class PermanentError extends Error {
  override readonly name: string = "PermanentError";
}

/** Throw this from a task to be tried again at a time of its own choosing. */
export class RetryAfter extends Error {
  override readonly name: string = "RetryAfter";
  readonly when: Date | string;

  /** @param when an instant, or a duration such as `"15m"` from the end of the attempt. */
  constructor(when: Date | string, message = `retry after ${String(when)}`) {
    super(message);
    this.when = when;
  }
}

/** An error as history keeps it. `code` is the thrower's own (`ECONNRESET`, `exit-1`) or null. */
export interface ErrorRecord {
  readonly message: string;
  readonly code: string | null;
  readonly stack: string | null;
}
