import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { beside } from "../beside.ts";
import { type Advice, adviceOn, firstLine } from "./module-advice.ts";
import { error, type Fault } from "./problem.ts";

/** A file that was imported, or why it could not be. */
export type ImportedFile =
  | { readonly ok: true; readonly exports: Readonly<Record<string, unknown>> }
  | {
      readonly ok: false;
      readonly fault: Fault;
      readonly file: string;
      readonly line: number | null;
    };

/** Imports a file of TypeScript or JavaScript: once a process, but for what a `ModuleGraph` says. */
export async function importFile(file: string): Promise<ImportedFile> {
  try {
    const exports: Readonly<Record<string, unknown>> = await import(pathToFileURL(file).href);
    return { ok: true, exports };
  } catch (thrown) {
    return { ok: false, ...(await explain(thrown, file)) };
  }
}

type Explained = Omit<Extract<ImportedFile, { ok: false }>, "ok">;

async function explain(thrown: unknown, file: string): Promise<Explained> {
  if (!(thrown instanceof Error)) {
    return { fault: error([], `threw ${typeof thrown} while loading`), file, line: null };
  }
  const stack = thrown.stack ?? "";
  const isSyntax = thrown instanceof SyntaxError;
  const place = isSyntax
    ? (headOf(stack) ?? headOf(await syntaxCheck(file)))
    : placeIn(stack, file);
  const advice = adviceOn(thrown, place?.text ?? null);
  if (advice !== null) {
    const { message, hint } = advice;
    return { fault: error([], message, hint), ...placeOfAdvice(advice, place, file) };
  }
  const hint = "loading a task file declares tasks and does nothing else";
  const message = firstLine(thrown.message);
  const fault = isSyntax ? error([], `syntax error: ${message}`) : error([], message, hint);
  return { fault, file: place?.file ?? file, line: place?.line ?? null };
}

function placeOfAdvice(
  { file, mark }: Advice,
  place: StackPlace | null,
  imported: string,
): Pick<Explained, "file" | "line"> {
  if (file === null) return { file: place?.file ?? imported, line: place?.line ?? null };
  return { file, line: mark === null ? null : lineWith(file, mark) };
}

/** The first line that imports what is marked so, 1-based. */
function lineWith(file: string, mark: string): number | null {
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
  const index = lines.findIndex((line) => /["'`]/.test(line) && line.includes(mark));
  return index < 0 ? null : index + 1;
}

interface StackPlace {
  readonly file: string;
  readonly line: number;
  /** The line itself, from where it is malformed; only syntax errors have it. */
  readonly text: string | null;
}

/** What is printed of what is malformed in the file, or in what it imports. */
function syntaxCheck(file: string): Promise<string> {
  const program = fileURLToPath(beside(import.meta.url, "syntax-process"));
  return new Promise((resolve) => {
    const args = ["--no-warnings", "--experimental-vm-modules", program, file];
    execFile(process.execPath, args, (_failure, _stdout, stderr) => resolve(stderr));
  });
}

/** A syntax error's stack begins with its place: `file:///a/b.ts:12`. */
function headOf(stack: string): StackPlace | null {
  const head =
    /^(?:file:\/\/)?(?<file>\/[^\n]*?)(?:\?[^\n:]*)?:(?<line>\d+)\n(?<text>[^\n]*)(?:\n(?<indent> *)\^)?/.exec(
      stack,
    );
  return placeOf(head);
}

/** The place of a stack that is in `file`; else the innermost one that is in a file at all. */
export function placeIn(stack: string, file: string | null): StackPlace | null {
  const frames = stack.matchAll(
    /^ +at (?:.*\()?(?:file:\/\/)?(?<file>\/[^\n]*?)(?:\?[^\n:]*)?:(?<line>\d+):\d+\)?$/gm,
  );
  let innermost: StackPlace | null = null;
  for (const frame of frames) {
    const place = placeOf(frame);
    if (place?.file === file) return place;
    innermost ??= place;
  }
  return innermost;
}

function placeOf(match: RegExpMatchArray | RegExpExecArray | null): StackPlace | null {
  const { file, line, text, indent = "" } = match?.groups ?? {};
  if (file === undefined || line === undefined) return null;
  return {
    file: decodePath(file),
    line: Number(line),
    text: text === undefined ? null : text.slice(indent.length),
  };
}

/** Stacks name modules by URL, in which a blank is `%20`. */
function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
