import { localDate, offsetAt } from "@belfry/schedule";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A length of time as people say it, in at most two units: `3 min 20 s`. */
export function durationWords(durationMs: number): string {
  if (durationMs < SECOND) return `${Math.round(durationMs)} ms`;
  if (durationMs < 10 * SECOND) return `${Math.floor(durationMs / 100) / 10} s`;
  if (durationMs < MINUTE) return `${Math.floor(durationMs / SECOND)} s`;
  if (durationMs < HOUR) return twoUnits(durationMs, MINUTE, "min", SECOND, "s");
  if (durationMs < DAY) return twoUnits(durationMs, HOUR, "h", MINUTE, "min");
  return twoUnits(durationMs, DAY, "d", HOUR, "h");
}

/** How far away an instant is: `in 3 h 20 min`, `5 s ago`, `now`. */
export function relativeWords(at: number, now: number): string {
  const distanceMs = Math.abs(at - now);
  if (distanceMs < SECOND) return "now";
  const words = durationWords(coarse(distanceMs));
  return at > now ? `in ${words}` : `${words} ago`;
}

/** Of a distance, which changes while it is read, a small part of the whole says nothing. */
function coarse(distanceMs: number): number {
  const unit = [DAY, HOUR, MINUTE].find((size) => distanceMs >= 10 * size) ?? SECOND;
  return Math.round(distanceMs / unit) * unit;
}

/** An instant by the clock of a zone, with the zone's name: `2026-11-25 02:30 GMT`. */
export function instantWords(at: number, timeZone: string): string {
  return `${localDate(at, timeZone)} ${clockWords(at, timeZone)} ${zoneWords(at, timeZone)}`;
}

/** From one instant to another, in which the date and the zone are said once where they are one. */
export function rangeWords(from: number, to: number, timeZone: string): string {
  if (from === to) return instantWords(from, timeZone);
  const sameDay = localDate(from, timeZone) === localDate(to, timeZone);
  if (!sameDay || zoneWords(from, timeZone) !== zoneWords(to, timeZone)) {
    return `${instantWords(from, timeZone)} … ${instantWords(to, timeZone)}`;
  }
  const clocks = `${clockWords(from, timeZone)} … ${clockWords(to, timeZone)}`;
  return `${localDate(from, timeZone)} ${clocks} ${zoneWords(from, timeZone)}`;
}

/** The time of day in a zone, with seconds where there are any: `02:30`. */
export function clockWords(at: number, timeZone: string): string {
  const ofDay = new Date(at + offsetAt(at, timeZone)).toISOString().slice(11, 19);
  return ofDay.endsWith(":00") ? ofDay.slice(0, 5) : ofDay;
}

/** An instant in a zone with its offset: `2026-11-25T02:30:00+00:00`. */
export function offsetText(at: number, timeZone: string): string {
  const offsetMs = offsetAt(at, timeZone);
  const local = new Date(at + offsetMs).toISOString().replace(/(\.000)?Z$/, "");
  return `${local}${offsetName(offsetMs)}`;
}

const LOCALES = ["en-US", "en-GB", "en-AU", "en-IN", "en-NZ", "en-ZA"] as const;

/**
 * What people call the zone at an instant (`CET`, `EDT`), else its offset. Abbreviations are known
 * to the locales where they are in use only.
 */
export function zoneWords(at: number, timeZone: string): string {
  const key = `${timeZone} ${offsetAt(at, timeZone)}`;
  const known = ZONE_NAMES.get(key);
  if (known !== undefined) return known;
  const names = LOCALES.map((locale) => abbreviation(at, timeZone, locale));
  const name =
    names.find((text) => /^[A-Z]{2,5}$/.test(text)) ?? offsetName(offsetAt(at, timeZone));
  ZONE_NAMES.set(key, name);
  return name;
}

const ZONE_NAMES = new Map<string, string>();

function abbreviation(at: number, timeZone: string, locale: string): string {
  const format = new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: "short" });
  return format.formatToParts(at).find(({ type }) => type === "timeZoneName")?.value ?? "";
}

function offsetName(offsetMs: number): string {
  const minutes = Math.round(Math.abs(offsetMs) / MINUTE);
  const hours = String(Math.floor(minutes / 60)).padStart(2, "0");
  return `${offsetMs < 0 ? "-" : "+"}${hours}:${String(minutes % 60).padStart(2, "0")}`;
}

function twoUnits(
  durationMs: number,
  large: number,
  largeName: string,
  small: number,
  smallName: string,
): string {
  const count = Math.floor(durationMs / large);
  const rest = Math.floor((durationMs % large) / small);
  return rest === 0 ? `${count} ${largeName}` : `${count} ${largeName} ${rest} ${smallName}`;
}
