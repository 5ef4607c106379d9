import { DAY_MS } from "../civil.ts";
import { parseRrule } from "../dialects/rrule.ts";
import { zoneOf } from "../zone.ts";
import { daysBetween, type MonthDays, refuse } from "./month-days.ts";

const UTC = zoneOf("UTC");
/** Of an event that repeats: longer than a year, and it is hardly one. */
export const LONGEST_REPEATED = 366;

/**
 * The days of a rule of RFC 5545: those on which it occurs, and where it has a line `DURATION:P3D`,
 * the days after, of so many in all. Days have no time zone, so that a TZID says nothing.
 *
 * @throws ScheduleError as `parseRrule`, or with code `calendar` for the duration.
 */
export function readRepeated(text: string): MonthDays {
  const unfolded = text.replaceAll(/\r?\n[ \t]/g, "");
  const [, duration] = /^DURATION:(.*)$/im.exec(unfolded) ?? [];
  const days = duration === undefined ? 1 : lengthOf(duration.trim());
  const rule = parseRrule(
    unfolded.replace(/^DURATION:.*$/im, "").replaceAll(/;TZID=("[^"]*"|[^;:\r\n]*)/gi, ""),
    UTC,
    undefined,
  );
  /** No day of the rule is in [from, to). */
  let [from, to] = [0, 0];
  return (_year, _month, start, length) => {
    const end = start + length;
    if (from <= start && end <= to) return 0;
    let found = 0;
    let at = rule.previous(end * DAY_MS);
    let day = dayOf(at);
    // What began before another one ends before it, too.
    while (day + days > start) {
      found |= daysBetween(Math.max(day - start, 0), Math.min(day - start + days, length) - 1);
      if (day <= start) return found;
      at = rule.previous(day * DAY_MS);
      day = dayOf(at);
    }
    if (found === 0) {
      from = day + days;
      to = dayOf(rule.next(end * DAY_MS - 1) ?? Number.POSITIVE_INFINITY);
    }
    return found;
  };
}

function dayOf(at: number | null): number {
  return at === null ? Number.NEGATIVE_INFINITY : Math.floor(at / DAY_MS);
}

function lengthOf(duration: string): number {
  const days = Number(/^P(\d{1,3})D$/i.exec(duration)?.[1] ?? 0);
  if (days < 1 || days > LONGEST_REPEATED) {
    refuse(`${duration} is no length of a rule's days`, `write P1D to P${LONGEST_REPEATED}D`);
  }
  return days;
}
