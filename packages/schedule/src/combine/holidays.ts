import { DAY_MS, dateText } from "../civil.ts";
import { ScheduleError } from "../errors.ts";
import { zoneOf } from "../zone.ts";
import type { Days } from "./days.ts";
import { durationOf, eventsOf, type Line, localOf, refuseLine } from "./icalendar.ts";
import { LONGEST_REPEATED, readRepeated } from "./repeated.ts";

const LONGEST_DAYS = 3660;

/**
 * The days of the events in an iCalendar file (RFC 5545), such as one of public holidays: each day
 * that an event touches by its own clock, repeated as its RRULE, RDATE and EXDATE say, but for what
 * an event with its UID and a RECURRENCE-ID puts elsewhere. Events that are cancelled are left out,
 * and what is no VEVENT.
 *
 * @throws ScheduleError with code `calendar`, which names the line, for what cannot be read.
 */
export function holidays(text: string): Days {
  const events = eventsOf(text);
  const replaced = new Map<string, Line[]>();
  for (const event of events) {
    const [uid, instance] = [find(event, "UID"), find(event, "RECURRENCE-ID")];
    if (instance === undefined) continue;
    if (instance.parameters.has("RANGE")) {
      const hint = "write an event of its own for what follows";
      refuseLine(instance.number, "RANGE cannot be read", hint);
    }
    const key = uid?.value ?? "";
    replaced.set(key, [...(replaced.get(key) ?? []), instance]);
  }
  const dates = events.flatMap((event) => {
    const isInstance = find(event, "RECURRENCE-ID") !== undefined;
    const uid = find(event, "UID")?.value ?? "";
    return datesOf(event, isInstance ? [] : (replaced.get(uid) ?? []));
  });
  if (dates.length === 0)
    refuseLine(1, "there is no event with a date", "give a file with VEVENTs");
  return { dates };
}

function find(event: readonly Line[], name: string): Line | undefined {
  return event.find((line) => line.name === name);
}

function datesOf(event: readonly Line[], replaced: readonly Line[]): readonly string[] {
  const start = find(event, "DTSTART");
  if (start === undefined) {
    return refuseLine(
      event[0]?.number ?? 1,
      "an event has no DTSTART",
      "say on which day it begins",
    );
  }
  if (find(event, "STATUS")?.value.toUpperCase() === "CANCELLED") return [];
  const first = dayOf(start);
  const length = lengthOf(start, find(event, "DTEND"), find(event, "DURATION"));
  const rules = event.filter(({ name }) => /^(RRULE|RDATE|EXDATE|EXRULE)$/.test(name));
  const [rule] = rules;
  if (rule === undefined) {
    return replaced.some((instance) => dayOf(instance) === first) ? [] : [rangeText(first, length)];
  }
  if (length > LONGEST_REPEATED) {
    refuseLine(rule.number, "an event of more than a year repeats", "look at its DTEND");
  }
  const text = [
    `DTSTART:${basic(first)}`,
    ...(length > 1 ? [`DURATION:P${length}D`] : []),
    ...rules.map((line) => ruleText(line, start)),
    ...replaced.map((instance) => `EXDATE:${basic(dayOf(instance))}`),
  ].join("\n");
  return everOccurs(text, rule.number) ? [text] : [];
}

/** As days: times of day are left out, whatever their zone. */
function ruleText(line: Line, start: Line): string {
  if (line.name === "RDATE" || line.name === "EXDATE") {
    const days = line.value.split(",").map((each) => basic(dayOf(line, each)));
    return `${line.name}:${days.join(",")}`;
  }
  const value = line.value.replace(/(?<=UNTIL=)[\dTZ]+/i, (until) => {
    return /T/i.test(until) ? basic(lastDayOf(line, until, start)) : until;
  });
  return `${line.name}:${value}`;
}

/** The last day on which something that begins at the time of `start` begins by `until`. */
function lastDayOf(line: Line, until: string, start: Line): number {
  const untilMs = localOf(line, until);
  const startMs = localOf(start);
  const ofDay = startMs - Math.floor(startMs / DAY_MS) * DAY_MS;
  const zone = start.parameters.get("TZID");
  const aheadMs = zone === undefined || !/Z$/i.test(until) ? 0 : offsetAt(zone, untilMs);
  return Math.floor((untilMs + aheadMs - ofDay) / DAY_MS);
}

/** None for what is no zone's name here: a file may name its own. */
function offsetAt(zone: string, instant: number): number {
  try {
    return zoneOf(zone).spanAt(instant).offsetMs;
  } catch (error) {
    if (error instanceof ScheduleError) return 0;
    throw error;
  }
}

/** Not where all that a rule gives is taken out of it. */
function everOccurs(rule: string, number: number): boolean {
  try {
    readRepeated(rule);
    return true;
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error;
    if (error.code === "never") return false;
    throw new ScheduleError("calendar", `line ${number}: ${error.message}`);
  }
}

/** How many days are touched up to DTEND, which is excluded, or for the DURATION. */
function lengthOf(start: Line, end: Line | undefined, duration: Line | undefined): number {
  const from = localOf(start);
  let to = from;
  if (end !== undefined) to = localOf(end);
  else if (duration !== undefined) to += durationOf(duration);
  // Of no length, or all in one day: it still touches that day.
  const last = to > from ? to - 1 : to;
  const length = Math.floor(last / DAY_MS) - Math.floor(from / DAY_MS) + 1;
  if (length < 1 || length > LONGEST_DAYS) {
    const { number } = end ?? duration ?? start;
    refuseLine(number, "an event ends before it begins, or years later", "look at its DTEND");
  }
  return length;
}

function dayOf(line: Line, value?: string): number {
  return Math.floor(localOf(line, value) / DAY_MS);
}

function rangeText(first: number, length: number): string {
  const from = dateText(first);
  return length === 1 ? from : `${from}/${dateText(first + length - 1)}`;
}

function basic(day: number): string {
  return dateText(day).replaceAll("-", "");
}
