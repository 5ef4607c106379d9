import type { SchedulePart } from "../core/definition.ts";
import { compile } from "../core/schedule.ts";

/**
 * A schedule in one line of English. Parts that this version cannot read, since a newer one wrote
 * them, stand for themselves.
 */
export function scheduleWords(id: string, parts: readonly SchedulePart[]): string {
  try {
    return compile(parts, id).words();
  } catch {
    return parts.map(({ expression, timeZone }) => `${expression} (${timeZone})`).join("; and ");
  }
}
