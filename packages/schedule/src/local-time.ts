import { DAY_MS, dateText, dayOfDate, pad, readOffset, TIME_HINT } from "./civil.ts";
import { quote, refuse } from "./errors.ts";
import { wholeOf } from "./finding.ts";
import { checkInstant } from "./occurrences.ts";
import { instantOfLocal, type Zone, zoneOf } from "./zone.ts";

const TEXT =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?(Z|[+-]\d\d:?\d\d)?$/i;

/** Milliseconds that the local clock is ahead of UTC at an instant. */
export function offsetAt(instant: number, timeZone: string): number {
  return zoneOf(timeZone).spanAt(finite(instant)).offsetMs;
}

/** The date on the local calendar at an instant: `2026-03-08`. */
export function localDate(instant: number, timeZone: string): string {
  return dateText(Math.floor((finite(instant) + offsetAt(instant, timeZone)) / DAY_MS));
}

/**
 * The beginning of the local day that an instant belongs to. Local days follow each other without
 * gap or overlap and last 23 to 25 hours; where midnight does not exist, the day begins at its first
 * instant; where the clock passes midnight twice, the day begins the first time.
 */
export function startOfDay(instant: number, timeZone: string): number {
  const zone = zoneOf(timeZone);
  return startOf(zone, dayAt(zone, finite(instant)));
}

/** The beginning of the next local day, always after `instant`. */
export function nextMidnight(instant: number, timeZone: string): number {
  const zone = zoneOf(timeZone);
  let day = dayAt(zone, finite(instant)) + 1;
  // A whole day may be missing, as in Samoa in 2011.
  while (startOf(zone, day) <= instant) day++;
  return startOf(zone, day);
}

/**
 * The instant of a local time such as `2026-03-29T02:30`. In a gap of the clock that is the first
 * instant after it, in an overlap the first of the two.
 * @throws ScheduleError with code `instant` or `time-zone`.
 */
export function localInstant(text: string, timeZone: string): number {
  const { localMs, offsetMs } = readText(text);
  if (offsetMs !== null) {
    refuseInstant(text, "leave out the offset: a local time has none");
  }
  return instantOfLocal(zoneOf(timeZone), localMs);
}

/** As `localInstant`, but a text with `Z` or an offset stands for itself. */
export function readInstant(text: string, zone: Zone): number {
  const { localMs, offsetMs } = readText(text);
  return offsetMs === null ? instantOfLocal(zone, localMs) : localMs - offsetMs;
}

/** `2026-03-29 02:30`, with seconds where there are any. */
export function localText(instant: number, zone: Zone): string {
  const localMs = instant + zone.spanAt(instant).offsetMs;
  const day = Math.floor(localMs / DAY_MS);
  const ofDay = localMs - day * DAY_MS;
  const seconds = Math.floor(ofDay / 1000);
  const clock = `${pad(Math.floor(seconds / 3600))}:${pad(Math.floor(seconds / 60) % 60)}`;
  const rest = ofDay - seconds * 1000;
  const fraction = rest === 0 ? "" : `.${String(rest).padStart(3, "0")}`;
  const tail = ofDay % 60_000 === 0 ? "" : `:${pad(seconds % 60)}${fraction}`;
  return `${dateText(day)} ${clock}${tail}`;
}

function readText(text: string): { localMs: number; offsetMs: number | null } {
  const match = TEXT.exec(text);
  if (match === null) {
    refuseInstant(text, "write 2026-12-01T09:00, or 2026-12-01T09:00Z for UTC");
  }
  const [year = 0, month = 0, date = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const day = dayOfDate(year, month, date);
  if (day === null) refuseInstant(text, "there is no such date");
  if (hour > 23 || minute > 59 || second > 59) {
    refuseInstant(text, TIME_HINT);
  }
  const fraction = Number((match[7] ?? "").padEnd(3, "0"));
  const localMs = day * DAY_MS + (hour * 3600 + minute * 60 + second) * 1000 + fraction;
  const offsetMs = match[8] === undefined ? null : readOffset(match[8]);
  if (match[8] !== undefined && offsetMs === null) {
    refuseInstant(text, "an offset goes up to 23:59");
  }
  return { localMs, offsetMs };
}

function refuseInstant(text: string, hint: string): never {
  refuse(wholeOf(text), `${quote(text)} is not an instant`, hint, "instant");
}

function finite(instant: number): number {
  if (Math.abs(checkInstant(instant)) > 8.64e15) {
    throw new RangeError("an instant lies within 8.64e15 ms of 1970-01-01T00:00:00Z, as for Date");
  }
  return instant;
}

/** The instant at which a local day begins, counted in days since 1970-01-01. */
export function startOf(zone: Zone, day: number): number {
  return instantOfLocal(zone, day * DAY_MS);
}

/** The local day to which an instant belongs: none comes again where the clock is set back over midnight. */
export function dayAt(zone: Zone, instant: number): number {
  const { fromAt, offsetMs } = zone.spanAt(instant);
  const day = Math.floor((instant + offsetMs) / DAY_MS);
  // The clock may have passed the next midnight and have been set back behind it since.
  if (instant - fromAt >= DAY_MS) return day;
  return startOf(zone, day + 1) <= instant ? day + 1 : day;
}
