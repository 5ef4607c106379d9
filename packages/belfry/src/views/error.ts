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
    const { code, message, hint } = thrown;
    return { error: { code, message, hint, file: null, line: null } };
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { error: { code: "internal", message, hint: null, file: null, line: null } };
}
