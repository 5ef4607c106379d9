import { CALENDAR_FROM_AT, CALENDAR_TO_AT } from "../calendar.ts";
import { quote, ScheduleError } from "../errors.ts";
import { shiftedInstant } from "../local-instant.ts";
import { type Zone, zoneOf } from "../zone.ts";
import { type CalendarTime, type RuleParts, readRule, readTime, refuse } from "./rrule-reader.ts";

/** What the lines of a recurring event say. */
export interface Component {
  readonly zone: Zone;
  /** DTSTART on the wall clock, and its instant. */
  readonly startMs: number;
  readonly startAt: number;
  readonly rule: RuleParts | null;
  /** The last instant that UNTIL allows, else infinite. */
  readonly untilAt: number;
  /** RDATE and EXDATE. */
  readonly added: readonly number[];
  readonly removed: ReadonlySet<number>;
}

interface Line {
  readonly name: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly value: string;
  /** Where the line and its value stand in the expression. */
  readonly at: number;
  readonly valueAt: number;
}

const HINT = "write DTSTART;TZID=Europe/London:20261201T090000 and RRULE:FREQ=DAILY, a line each";
/** As many dates as may be listed: each is compared with the rule. */
const MOST_DATES = 1000;

/** Reads the lines; `anchorMs` (local) stands in for DTSTART where there is none. */
export function readComponent(text: string, zone: Zone, anchorMs: number | null): Component {
  const lines = readLines(text);
  const start = single(lines, "DTSTART");
  const ownZone = start === null ? zone : zoneOfLine(start, zone);
  const startTime = start === null ? null : readTime(start.value, start.valueAt);
  const startMs = startTime?.localMs ?? anchorMs;
  if (startMs === null) refuse("a rule needs its start", 0, text.length, HINT);
  const startZone = startTime?.utc === true ? zoneOf("UTC") : ownZone;
  const startAt = shiftedInstant(startZone, startMs);
  if (startAt < CALENDAR_FROM_AT || startAt >= CALENDAR_TO_AT) {
    const length = start?.value.length ?? 0;
    const hint = "use the years 1900 to 2199";
    refuse("DTSTART is out of range", start?.valueAt ?? 0, length, hint, "range");
  }
  const ruleLine = single(lines, "RRULE");
  const rule = ruleLine === null ? null : readRule(ruleLine.value, ruleLine.valueAt);
  const dates = (name: string): number[] =>
    lines
      .filter((line) => line.name === name)
      .flatMap((line) => readDates(line, startZone, startTime?.isDate === true));
  const added = dates("RDATE");
  const removed = dates("EXDATE");
  if (added.length + removed.length > MOST_DATES) {
    refuse(`more than ${MOST_DATES} dates`, 0, text.length, "make them several schedules", "range");
  }
  if (rule === null && added.length === 0 && start === null) {
    refuse("there is no rule", 0, text.length, HINT);
  }
  return {
    zone: startZone,
    startMs,
    startAt,
    rule,
    untilAt: rule?.until ? instantOf(rule.until, startZone) : Number.POSITIVE_INFINITY,
    added,
    removed: new Set(removed),
  };
}

function readLines(text: string): Line[] {
  const lines: Line[] = [];
  // A line that begins with a blank goes on with the one before; positions are then those in one.
  const unfolded = text.replaceAll(/\r?\n[ \t]/g, "");
  for (const match of unfolded.matchAll(/[^\r\n]+/g)) {
    const [line] = match;
    if (line.trim() !== "") lines.push(readLine(line.trimEnd(), match.index));
  }
  if (lines.length === 0) refuse("there is no rule", 0, text.length, HINT);
  return lines;
}

function readLine(line: string, at: number): Line {
  if (/^FREQ=/i.test(line)) {
    return { name: "RRULE", parameters: new Map(), value: line, at, valueAt: at };
  }
  const colon = line.indexOf(":");
  const [name = "", ...parameters] = line.slice(0, Math.max(colon, 0)).split(";");
  const upper = name.toUpperCase();
  if (upper === "EXRULE") {
    const hint = "list what it excludes as EXDATE";
    refuse("EXRULE is no part of RFC 5545", at, line.length, hint);
  }
  if (!["DTSTART", "RRULE", "RDATE", "EXDATE"].includes(upper)) {
    refuse(`${quote(line)} is no DTSTART, RRULE, RDATE or EXDATE`, at, line.length, HINT);
  }
  const pairs = parameters.map((parameter): [string, string] => {
    const [key = "", value = ""] = parameter.split("=");
    return [key.toUpperCase(), value];
  });
  const unknown = pairs.find(([key]) => key !== "TZID" && key !== "VALUE");
  if (unknown !== undefined || (upper === "RRULE" && pairs.length > 0)) {
    const hint = "only TZID and VALUE are known, and none for RRULE";
    refuse(`${upper} has a parameter it cannot have`, at, colon, hint);
  }
  const value = line.slice(colon + 1);
  return { name: upper, parameters: new Map(pairs), value, at, valueAt: at + colon + 1 };
}

function single(lines: readonly Line[], name: string): Line | null {
  const [first = null, second] = lines.filter((line) => line.name === name);
  if (second !== undefined) {
    const hint = "make them several schedules";
    refuse(`${name} stands twice`, second.at, second.valueAt - second.at, hint);
  }
  return first;
}

function zoneOfLine(line: Line, zone: Zone): Zone {
  const name = line.parameters.get("TZID");
  if (name === undefined) return zone;
  try {
    return zoneOf(name);
  } catch (error) {
    if (error instanceof ScheduleError) throw error.movedBy(line.valueAt - 1 - name.length);
    throw error;
  }
}

function readDates(line: Line, zone: Zone, startIsDate: boolean): number[] {
  const lineZone = zoneOfLine(line, zone);
  const instants: number[] = [];
  let at = line.valueAt;
  for (const text of line.value.split(",")) {
    const time = readTime(text, at);
    if (time.isDate && !startIsDate) {
      const hint = `add the time, for example ${text}T090000`;
      refuse(`${line.name} has a date where DTSTART has a time`, at, text.length, hint);
    }
    instants.push(instantOf(time, lineZone));
    at += text.length + 1;
  }
  return instants;
}

function instantOf(time: CalendarTime, zone: Zone): number {
  return time.utc ? time.localMs : shiftedInstant(zone, time.localMs);
}
