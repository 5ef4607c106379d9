import { BelfryError, type ErrorKind } from "../../core/errors.ts";

/** An error on its way from one thread to another, as JSON. */
export interface Failure {
  /** Null for a surprise. */
  readonly kind: ErrorKind | null;
  readonly code: string | null;
  readonly message: string;
  readonly hint: string | null;
  readonly stack: string | null;
}

export function failureOf(error: unknown): Failure {
  if (error instanceof BelfryError) {
    const { kind, code, message, hint, stack } = error;
    return { kind, code, message, hint, stack: stack ?? null };
  }
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error ? (error.stack ?? null) : null;
  return { kind: null, code: null, message, hint: null, stack };
}

export function errorOf(failure: Failure): Error {
  const { kind, code, message, hint } = failure;
  const error =
    kind === null || code === null
      ? new Error(message)
      : new BelfryError(kind, code, message, hint);
  if (failure.stack !== null) error.stack = failure.stack;
  return error;
}
