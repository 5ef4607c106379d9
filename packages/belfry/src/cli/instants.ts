import { localDate, localInstant, nextMidnight, parseDuration, startOfDay } from "@belfry/schedule";
import { BelfryError } from "../core/errors.ts";
import { writtenInstant } from "../core/written-instant.ts";

/** How people write an instant is read by where they stand: their zone, the time, the question. */
export interface Standpoint {
  readonly timeZone: string;
  readonly now: number;
  /** What a bare duration such as `2h` means: that long ago, or from now. */
  readonly bare: "ago" | "ahead";
}

const FORMS =
  "Write 2026-11-24T02:30Z, 2026-11-24T02:30, 2026-11-24, yesterday, now, or a duration such as 2h.";

/**
 * Reads an instant: ISO 8601 with an offset, or in the zone's local time; a date, for its
 * beginning; `now`, `today`, `yesterday`, `tomorrow`; `2h`, `2h ago`, `in 2h`, `-2h`, `+2h`.
 *
 * @throws BelfryError `bad-instant`.
 */
export function readInstant(text: string, standpoint: Standpoint): number {
  const written = text.trim();
  return (
    dayStart(written, standpoint) ??
    distance(written, standpoint) ??
    writtenInstant(written, standpoint.timeZone) ??
    refuse(text)
  );
}

/** A local day as a period: a date, `today`, `yesterday` or `tomorrow`. */
export function readDay(text: string, standpoint: Standpoint): { from: number; until: number } {
  const from = dayStart(text.trim(), standpoint);
  if (from !== null) return { from, until: nextMidnight(from, standpoint.timeZone) };
  const hint = "Write a date such as 2026-11-24, or today or yesterday.";
  throw new BelfryError("usage", "bad-day", `${JSON.stringify(text)} is not a day.`, hint);
}

function dayStart(text: string, { timeZone, now }: Standpoint): number | null {
  switch (text.toLowerCase()) {
    case "today":
      return startOfDay(now, timeZone);
    case "yesterday":
      return startOfDay(startOfDay(now, timeZone) - 1, timeZone);
    case "tomorrow":
      return nextMidnight(now, timeZone);
    default:
      return /^\d{4}-\d\d-\d\d$/.test(text) ? startOfDate(text, timeZone) : null;
  }
}

/** The day of a date begins where its midnight is, or would be. */
function startOfDate(date: string, timeZone: string): number {
  const noon = tried(() => localInstant(`${date}T12:00`, timeZone)) ?? refuse(date);
  // A zone that skipped the whole date has no such day.
  return localDate(noon, timeZone) === date ? startOfDay(noon, timeZone) : refuse(date);
}

function distance(text: string, { now, bare }: Standpoint): number | null {
  if (text.toLowerCase() === "now") return now;
  const written = /^(?<sign>[+-]|in )?(?<length>[\d.]+[a-z][\da-z.]*)(?<ago> ago)?$/i.exec(text);
  const { sign, length, ago } = written?.groups ?? {};
  if (length === undefined || (sign !== undefined && ago !== undefined)) return null;
  const lengthMs = tried(() => parseDuration(length));
  if (lengthMs === null) return null;
  const past = ago !== undefined || sign === "-" || (sign === undefined && bare === "ago");
  return past ? now - lengthMs : now + lengthMs;
}

function tried(read: () => number): number | null {
  try {
    return read();
  } catch {
    return null;
  }
}

function refuse(text: string): never {
  const message = `${JSON.stringify(text)} is not an instant.`;
  throw new BelfryError("usage", "bad-instant", message, FORMS);
}
