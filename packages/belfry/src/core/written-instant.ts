import { parse } from "@belfry/schedule";

/**
 * An instant as people write it: ISO 8601 with `Z` or an offset, or in the zone's local time, which
 * in a gap of the clock is the first instant after it, and in an overlap the first of the two.
 * Null where it is none.
 */
export function writtenInstant(text: string, timeZone: string): number | null {
  try {
    return parse(text, { dialect: "at", timeZone }).next(Number.NEGATIVE_INFINITY);
  } catch {
    return null;
  }
}
