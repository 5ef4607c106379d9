/** Something wrong, or doubtful, with what was declared. Loading goes on past it. */
export interface Problem {
  /** An `error` refuses what it is about; a `warning` refuses nothing. */
  readonly severity: "error" | "warning";
  readonly file: string | null;
  /** 1-based line within `file`. */
  readonly line: number | null;
  /** The task and the option it is about, such as `backup.retry.wait`; null: the whole file. */
  readonly path: string | null;
  readonly message: string;
  /** What to do about it. */
  readonly hint: string | null;
}

/** A problem whose place is known only as a path within what was declared. */
export interface Fault {
  readonly severity: Problem["severity"];
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly hint: string | null;
}

/** Where the value under a path was written. */
export type Locate = (path: readonly PropertyKey[]) => Pick<Problem, "file" | "line">;

export function error(
  path: readonly PropertyKey[],
  message: string,
  hint: string | null = null,
): Fault {
  return { severity: "error", path, message, hint };
}

export function warning(
  path: readonly PropertyKey[],
  message: string,
  hint: string | null = null,
): Fault {
  return { severity: "warning", path, message, hint };
}

/** @param prefix what stands before the path in the message, such as the task's name. */
export function locate(fault: Fault, at: Locate, prefix: readonly PropertyKey[] = []): Problem {
  const { severity, message, hint } = fault;
  const path = [...prefix, ...fault.path];
  return {
    severity,
    ...at(fault.path),
    path: path.length === 0 ? null : path.map(String).join("."),
    message,
    hint,
  };
}

/**
 * One problem as text: `tasks/a.ts:12: backup.retry: must be … – write …`. A message that shows an
 * excerpt keeps its lines.
 */
export function formatProblem(problem: Problem): string {
  const { file, line, path, message, hint } = problem;
  const place = file === null ? [] : [line === null ? file : `${file}:${line}`];
  const [what = "", ...excerpt] = message.split("\n");
  const said = hint === null ? what : `${what} – ${hint}`;
  return [[...place, ...(path === null ? [] : [path]), said].join(": "), ...excerpt].join("\n");
}
