import type { SchedulePart } from "../core/definition.ts";

/** A bare string is cron, but for the two forms that begin with the word of their dialect. */
export function readBare(text: string): Pick<SchedulePart, "expression" | "dialect"> {
  const [, word, rest] = /^(every|at)\s+(.*)$/is.exec(text.trim()) ?? [];
  if (word === undefined || rest === undefined) return { expression: text, dialect: "unix" };
  return { expression: rest, dialect: word.toLowerCase() === "every" ? "every" : "at" };
}
