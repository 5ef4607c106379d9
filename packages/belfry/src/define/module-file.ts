import { execFile } from "node:child_process";
import { pathToFileURL } from "node:url";
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

/**
 * Imports a file of TypeScript or JavaScript.
 *
 * @param version a number that was not used before imports the file anew, though not what it
 * imports in turn; null: once a process.
 */
export async function importFile(file: string, version: number | null): Promise<ImportedFile> {
  const url = pathToFileURL(file).href;
  try {
    const exports: Readonly<Record<string, unknown>> = await import(
      version === null ? url : `${url}?belfry=${version}`
    );
    return { ok: true, exports };
  } catch (thrown) {
    return { ok: false, ...(await explain(thrown, file)) };
  }
}

async function explain(
  thrown: unknown,
  file: string,
): Promise<{ fault: Fault; file: string; line: number | null }> {
  if (!(thrown instanceof Error)) {
    return { fault: error([], `threw ${typeof thrown} while loading`), file, line: null };
  }
  const stack = thrown.stack ?? "";
  if (!(thrown instanceof SyntaxError)) {
    const place = placeIn(stack, file);
    const hint = "loading a task file declares tasks and does nothing else";
    const isMissing = "code" in thrown && thrown.code === "ERR_MODULE_NOT_FOUND";
    const fault = error([], firstLine(thrown.message), isMissing ? null : hint);
    return { fault, file: place?.file ?? file, line: place?.line ?? null };
  }
  const place = headOf(stack) ?? headOf(await syntaxCheck(file));
  const fault = error([], `syntax error: ${firstLine(thrown.message)}`);
  return { fault, file: place?.file ?? file, line: place?.line ?? null };
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}

interface StackPlace {
  readonly file: string;
  readonly line: number;
}

/** V8 tells nobody where a JavaScript file is malformed, but prints it when it only checks one. */
function syntaxCheck(file: string): Promise<string> {
  return new Promise((resolve) => {
    execFile(process.execPath, ["--check", file], (_failure, _stdout, stderr) => resolve(stderr));
  });
}

/** A syntax error's stack begins with its place: `file:///a/b.ts:12`. */
function headOf(stack: string): StackPlace | null {
  const head = /^(?:file:\/\/)?(?<file>\/[^\n]*?)(?:\?[^\n:]*)?:(?<line>\d+)\n/.exec(stack);
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
  const { file, line } = match?.groups ?? {};
  if (file === undefined || line === undefined) return null;
  return { file: decodePath(file), line: Number(line) };
}

/** Stacks name modules by URL, in which a blank is `%20`. */
function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
