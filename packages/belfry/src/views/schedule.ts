import { parse, union } from "@belfry/schedule";
import type { SchedulePart } from "../core/definition.ts";

/**
 * A schedule in one line of English. Parts that this version cannot read, since a newer one wrote
 * them, stand for themselves.
 */
export function scheduleWords(id: string, parts: readonly SchedulePart[]): string {
  try {
    return union(parts.map((part) => read(part, id))).words();
  } catch {
    return parts.map(({ expression, timeZone }) => `${expression} (${timeZone})`).join("; and ");
  }
}

function read({ expression, dialect, timeZone, anchor }: SchedulePart, seed: string) {
  return parse(expression, { dialect, timeZone, seed, ...(anchor === null ? {} : { anchor }) });
}
