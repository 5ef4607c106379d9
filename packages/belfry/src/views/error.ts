import { ScheduleError } from "@belfry/schedule";
import { BelfryError } from "../core/errors.ts";

export interface ErrorView {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly hint: string | null;
    readonly file: string | null;
    readonly line: number | null;
  };
}

/** An error as the faces print it. What nobody foresaw has the code `internal`. */
export function errorView(thrown: unknown): ErrorView {
  if (thrown instanceof BelfryError) {
    const { code, message, hint, file, line } = thrown;
    return { error: { code, message, hint, file, line } };
  }
  if (thrown instanceof ScheduleError) {
    const { code, hint } = thrown;
    return { error: { code, message: withoutHint(thrown), hint, file: null, line: null } };
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { error: { code: "internal", message, hint: null, file: null, line: null } };
}

/** A schedule's error ends with its hint, which has a place of its own here. */
function withoutHint({ message, hint }: ScheduleError): string {
  const tail = `: ${hint}`;
  return message.endsWith(tail) ? message.slice(0, -tail.length) : message;
}
