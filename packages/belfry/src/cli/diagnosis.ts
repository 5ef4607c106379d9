import { errorView } from "../views/error.ts";

/** One thing that was looked at, what was found, and how to mend it. */
export interface Diagnosis {
  readonly check: string;
  /** `doubtful` works and may not be meant; only `wrong` counts against the whole. */
  readonly verdict: "ok" | "doubtful" | "wrong";
  readonly message: string;
  readonly remedy: string | null;
}

export function ok(check: string, message: string): Diagnosis {
  return { check, verdict: "ok", message, remedy: null };
}

export function doubtful(check: string, message: string, remedy: string): Diagnosis {
  return { check, verdict: "doubtful", message, remedy };
}

export function wrong(check: string, message: string, remedy: string | null): Diagnosis {
  return { check, verdict: "wrong", message, remedy };
}

/** What was thrown as a finding: its own hint is the remedy. */
export function failed(check: string, thrown: unknown): Diagnosis {
  const { message, hint, file, line } = errorView(thrown).error;
  const place = file === null ? "" : line === null ? `${file}: ` : `${file}:${line}: `;
  return wrong(check, `${place}${message}`, hint);
}
