import type { SchedulePart } from "../core/definition.ts";
import { compile } from "../core/schedule.ts";

/**
 * A schedule in one line of English. Parts that this version cannot read, since a newer one wrote
 * them, stand for themselves.
 * @param from clock changes after this instant are told with it; by default none are.
 */
export function scheduleWords(
  id: string,
  parts: readonly SchedulePart[],
  from: number = Number.POSITIVE_INFINITY,
): string {
  try {
    return compile(parts, id).words(from);
  } catch {
    return parts.map(({ expression, timeZone }) => `${expression} (${timeZone})`).join("; and ");
  }
}
