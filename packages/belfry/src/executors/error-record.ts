import type { ErrorRecord } from "../core/errors.ts";

/** Deeper chains of causes than this are cut: they may be circular. */
const CAUSES_MAX = 5;

/**
 * What was thrown, as history keeps it, causes included: `fetch failed` alone helps nobody. Never
 * throws itself, whatever the value does when it is read.
 */
export function errorRecord(thrown: unknown): ErrorRecord {
  try {
    return readError(thrown);
  } catch {
    return { message: "something was thrown that cannot be read", code: null, stack: null };
  }
}

function readError(thrown: unknown): ErrorRecord {
  const messages: string[] = [];
  const stacks: string[] = [];
  let code: string | null = null;
  let link = thrown;
  for (let depth = 0; depth < CAUSES_MAX && link !== undefined && link !== null; depth += 1) {
    messages.push(messageOf(link));
    if (!(link instanceof Error)) break;
    if (link.stack !== undefined) stacks.push(link.stack);
    code ??= codeOf(link);
    link = link.cause;
  }
  return {
    message: messages.length === 0 ? `${thrown} was thrown` : messages.join(": "),
    code,
    stack: stacks.length === 0 ? null : stacks.join("\nCaused by: "),
  };
}

function messageOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return typeof thrown === "string" ? thrown : inspected(thrown);
  if (thrown.message !== "") return thrown.message;
  if (thrown instanceof AggregateError) return thrown.errors.map(messageOf).join("; ");
  return thrown.name;
}

function inspected(value: unknown): string {
  return typeof value === "object" ? (JSON.stringify(value) ?? String(value)) : String(value);
}

function codeOf(error: Error): string | null {
  const code: unknown = "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : null;
}
