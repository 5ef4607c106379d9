import { statSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";
import type { Outcome } from "../core/verdict.ts";

/** How a program ended by itself. */
export type Exit =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "killed"; readonly signal: NodeJS.Signals };

const MESSAGE_MAX = 500;

/** @param errorOutput the last of what it wrote to stderr. */
export function outcomeOfExit(exit: Exit, errorOutput: string): Outcome {
  if (exit.kind === "exited" && exit.code === 0) return { kind: "succeeded", result: null };
  const what = exit.kind === "exited" ? `exited with ${exit.code}` : `was ended by ${exit.signal}`;
  const said = lastLine(errorOutput);
  const code = exit.kind === "exited" ? `exit-${exit.code}` : `signal-${exit.signal}`;
  return failed(said === null ? what : `${what}: ${said}`, code, isPermanent(exit));
}

/** A shell's own words for "may not be run" and "is not there": trying again changes neither. */
function isPermanent(exit: Exit): boolean {
  return exit.kind === "exited" && (exit.code === 126 || exit.code === 127);
}

/** The last line with anything in it, as text for a message. */
function lastLine(output: string): string | null {
  const plain = stripVTControlCharacters(output).split(/[\r\n]+/);
  const line = plain.findLast((text) => text.trim() !== "")?.trim();
  if (line === undefined) return null;
  return line.length > MESSAGE_MAX ? `${line.slice(0, MESSAGE_MAX)}…` : line;
}

export interface Program {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Text for its standard input; null: nothing. */
  readonly stdin: string | null;
}

/** What it means that a program could not be started at all. */
export function outcomeOfSpawnError(error: NodeJS.ErrnoException, program: Program): Outcome {
  const name = program.argv[0] ?? "";
  const code = error.code ?? null;
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return failed(notThere(name, program), code, true);
    case "EACCES":
    case "EPERM":
      return failed(
        `program "${name}" may not be run by this user: make it executable, and the folders it ` +
          `and the working folder ${program.cwd} stand in accessible`,
        code,
        true,
      );
    case "ENOEXEC":
      return failed(
        `program "${name}" is no program of this system, or lacks its #! line`,
        code,
        true,
      );
    case "E2BIG":
      return failed(
        `the arguments and environment of "${name}" are too long for this system: ` +
          "give what is large by stdin or in a file",
        code,
        true,
      );
    case "ERR_INVALID_ARG_VALUE":
      return failed(`program "${name}" cannot be started: ${error.message}`, code, true);
    default:
      return failed(`program "${name}" could not be started: ${error.message}`, code, false);
  }
}

function notThere(name: string, { cwd, env }: Program): string {
  if (!isFolder(cwd)) return `the working folder ${cwd} is not there`;
  if (name.includes("/")) return `program "${name}" is not there, seen from ${cwd}`;
  const { PATH = "not set" } = env;
  return `program "${name}" is not there: none of PATH (${PATH}) has it`;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

export function failed(message: string, code: string | null, permanent: boolean): Outcome {
  return {
    kind: "failed",
    error: { message, code, stack: null },
    permanent: permanent ? "permanent" : null,
    retryAt: null,
  };
}
