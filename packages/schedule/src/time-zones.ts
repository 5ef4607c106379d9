import { CALENDAR_FROM_AT, CALENDAR_TO_AT } from "./calendar.ts";
import { checkInstant } from "./occurrences.ts";
import { WINDOWS_ZONES } from "./windows-zones.ts";
import { type Span, zoneOf } from "./zone.ts";
import { fold, intlName } from "./zone-names.ts";

/** A change of a zone's clock. */
export interface Transition {
  /** The first instant with the new offset, ms since the epoch. */
  readonly at: number;
  /** How far the clock is ahead of UTC before and after it, ms. */
  readonly offsetBeforeMs: number;
  readonly offsetAfterMs: number;
  /** Whether the clock skips some times, or shows some twice. */
  readonly kind: "gap" | "overlap";
}

/**
 * The time zones that the platform knows, by their IANA names, those that fit best first. What is
 * searched for may be a part of a name, a city, a name of the zone in English ("eastern time"), the
 * name that Windows has, or an old name: `US/Eastern` finds `America/New_York`.
 *
 * @param search words, all of which must be found; all zones unless told.
 */
export function timeZones(search = ""): readonly string[] {
  const all = ["UTC", ...Intl.supportedValuesOf("timeZone").filter((name) => name !== "UTC")];
  const wanted = fold(search);
  if (wanted === "") return all;
  const meant = search.length > 100 ? null : (timeZoneOfWindows(search) ?? intlName(search.trim()));
  const words = wanted.split("_").filter((word) => word !== "");
  const found = all
    .map((name) => ({ name, rank: name === meant ? 0 : rankOf(name, wanted, words) }))
    .filter(({ rank }) => rank < NO_RANK)
    .sort((a, b) => a.rank - b.rank || (a.name < b.name ? -1 : 1));
  return found.map(({ name }) => name);
}

const NO_RANK = 9;

function rankOf(name: string, wanted: string, words: readonly string[]): number {
  const full = fold(name);
  const city = full.slice(full.lastIndexOf("/") + 1);
  if (full === wanted || city === wanted) return 1;
  if (city.startsWith(wanted)) return 2;
  if (words.every((word) => full.includes(word))) return 3;
  const texts = `${full} ${fold(windowsTimeZone(name) ?? "")} ${fold(englishName(name))}`;
  return words.every((word) => texts.includes(word)) ? 4 : NO_RANK;
}

const englishNames = new Map<string, string>();

function englishName(timeZone: string): string {
  let name = englishNames.get(timeZone);
  if (name === undefined) {
    const format = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longGeneric" });
    name = format.formatToParts(0).find(({ type }) => type === "timeZoneName")?.value ?? "";
    englishNames.set(timeZone, name);
  }
  return name;
}

interface WindowsNames {
  readonly byWindows: ReadonlyMap<string, string>;
  readonly byZone: ReadonlyMap<string, string>;
}

let windowsNames: WindowsNames | null = null;

function readWindowsNames(): WindowsNames {
  if (windowsNames !== null) return windowsNames;
  const byWindows = new Map<string, string>();
  const byZone = new Map<string, string>();
  for (const line of WINDOWS_ZONES.trim().split("\n")) {
    const [short = "", zones = ""] = line.split("|");
    const windows = short.endsWith("!") ? short.slice(0, -1) : `${short} Standard Time`;
    const [first = "", ...others] = zones.split(" ");
    byWindows.set(fold(windows), first === "Etc/UTC" ? "UTC" : first);
    for (const zone of [first, ...others]) byZone.set(intlName(zone) ?? zone, windows);
  }
  windowsNames = { byWindows, byZone };
  return windowsNames;
}

/**
 * The name that Windows (and so Azure) has for a time zone, by the Unicode CLDR; `null` where it has
 * none.
 */
export function windowsTimeZone(timeZone: string): string | null {
  const name = intlName(timeZone);
  return name === null ? null : (readWindowsNames().byZone.get(name) ?? null);
}

/**
 * The IANA name of a time zone that Windows names, such as `Europe/Berlin` for "W. Europe Standard
 * Time": of several, the one that stands for all. `null` where Windows has no such name.
 */
export function timeZoneOfWindows(name: string): string | null {
  return readWindowsNames().byWindows.get(fold(name)) ?? null;
}

/**
 * The changes of a zone's clock in [from, to), as far as that lies in the years 1900 to 2199.
 *
 * @throws ScheduleError with code `time-zone`; RangeError for NaN.
 */
export function transitions(timeZone: string, from: number, to: number): readonly Transition[] {
  const zone = zoneOf(timeZone);
  const found: Transition[] = [];
  const end = Math.min(checkInstant(to), CALENDAR_TO_AT);
  let before: Span = zone.spanAt(Math.max(checkInstant(from), CALENDAR_FROM_AT) - 1);
  let span = before.toAt < end ? zone.spanAfter(before) : null;
  while (span !== null && span.fromAt < end) {
    const [offsetBeforeMs, offsetAfterMs] = [before.offsetMs, span.offsetMs];
    // A span may end where only the name of the clock changes.
    if (offsetBeforeMs !== offsetAfterMs) {
      const kind = offsetAfterMs > offsetBeforeMs ? "gap" : "overlap";
      found.push({ at: span.fromAt, offsetBeforeMs, offsetAfterMs, kind });
    }
    before = span;
    span = zone.spanAfter(span);
  }
  return found;
}
