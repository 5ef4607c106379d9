import { CALENDAR_FROM_AT, CALENDAR_TO_AT } from "../calendar.ts";
import { quote, readAt, refuse } from "../errors.ts";
import { piecesOf, restOf, type Written, wholeOf } from "../finding.ts";
import { shiftedInstant } from "../local-instant.ts";
import { type Zone, zoneOf } from "../zone.ts";
import { type CalendarTime, type RuleParts, readRule, readTime } from "./rrule-reader.ts";

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
  readonly whole: Written;
  readonly value: Written;
}

const HINT = "write DTSTART;TZID=Europe/London:20261201T090000 and RRULE:FREQ=DAILY, a line each";
/** As many dates as may be listed: each is compared with the rule. */
const MOST_DATES = 1000;

/** Reads the lines; `anchorMs` (local) stands in for DTSTART where there is none. */
export function readComponent(text: string, zone: Zone, anchorMs: number | null): Component {
  const whole = wholeOf(text);
  const lines = readLines(text);
  const start = single(lines, "DTSTART");
  const ownZone = start === null ? zone : zoneOfLine(start, zone);
  const startTime = start === null ? null : readTime(start.value);
  const startMs = startTime?.localMs ?? anchorMs;
  if (startMs === null) refuse(whole, "a rule needs its start", HINT);
  const startZone = startTime?.utc === true ? zoneOf("UTC") : ownZone;
  const startAt = shiftedInstant(startZone, startMs);
  if (startAt < CALENDAR_FROM_AT || startAt >= CALENDAR_TO_AT) {
    const place = start?.value ?? wholeOf("");
    refuse(place, "DTSTART is out of range", "use the years 1900 to 2199", "range");
  }
  const ruleLine = single(lines, "RRULE");
  const rule = ruleLine === null ? null : readRule(ruleLine.value);
  const dates = (name: string): number[] =>
    lines
      .filter((line) => line.name === name)
      .flatMap((line) => readDates(line, startZone, startTime?.isDate === true));
  const added = dates("RDATE");
  const removed = dates("EXDATE");
  if (added.length + removed.length > MOST_DATES) {
    refuse(whole, `more than ${MOST_DATES} dates`, "make them several schedules", "range");
  }
  if (rule === null && added.length === 0 && start === null) {
    refuse(whole, "there is no rule", HINT);
  }
  return {
    zone: startZone,
    startMs,
    startAt,
    rule,
    untilAt: rule?.until ? instantOf(rule.until, startZone) : Infinity,
    added,
    removed: new Set(removed),
  };
}

function readLines(text: string): Line[] {
  const lines: Line[] = [];
  // A line that begins with a blank goes on with the one before; positions are then those in one.
  const unfolded = text.replaceAll(/\r?\n[ \t]/g, "");
  for (const match of unfolded.matchAll(/[^\r\n]+/g)) {
    const line = match[0].trimEnd();
    if (line !== "") lines.push(readLine({ text: line, position: match.index }));
  }
  if (lines.length === 0) refuse(wholeOf(text), "there is no rule", HINT);
  return lines;
}

function readLine(whole: Written): Line {
  const { text } = whole;
  if (/^FREQ=/i.test(text)) return { name: "RRULE", parameters: new Map(), whole, value: whole };
  const colon = text.indexOf(":");
  const head = text.slice(0, Math.max(colon, 0));
  const [first = "", ...parameters] = head.split(";");
  const name = first.toUpperCase();
  if (name === "EXRULE") {
    refuse(whole, "EXRULE is no part of RFC 5545", "list what it excludes as EXDATE");
  }
  if (!["DTSTART", "RRULE", "RDATE", "EXDATE"].includes(name)) {
    refuse(whole, `${quote(text)} is no DTSTART, RRULE, RDATE or EXDATE`, HINT);
  }
  const pairs = parameters.map((parameter): [string, string] => {
    const [key = "", value = ""] = parameter.split("=");
    return [key.toUpperCase(), value];
  });
  const unknown = pairs.find(([key]) => key !== "TZID" && key !== "VALUE");
  if (unknown !== undefined || (name === "RRULE" && pairs.length > 0)) {
    const hint = "only TZID and VALUE are known, and none for RRULE";
    refuse({ ...whole, text: head }, `${name} has a parameter it cannot have`, hint);
  }
  return { name, parameters: new Map(pairs), whole, value: restOf(whole, colon + 1) };
}

function single(lines: readonly Line[], name: string): Line | null {
  const [first = null, second] = lines.filter((line) => line.name === name);
  if (second !== undefined) {
    const { whole, value } = second;
    const place = { ...whole, text: whole.text.slice(0, value.position - whole.position) };
    refuse(place, `${name} stands twice`, "make them several schedules");
  }
  return first;
}

function zoneOfLine({ parameters, value }: Line, zone: Zone): Zone {
  const name = parameters.get("TZID");
  if (name === undefined) return zone;
  return readAt(value.position - 1 - name.length, () => zoneOf(name));
}

function readDates(line: Line, zone: Zone, startIsDate: boolean): number[] {
  const lineZone = zoneOfLine(line, zone);
  return piecesOf(line.value, ",").map((piece) => {
    const time = readTime(piece);
    if (time.isDate && !startIsDate) {
      const hint = `add the time, for example ${piece.text}T090000`;
      refuse(piece, `${line.name} has a date where DTSTART has a time`, hint);
    }
    return instantOf(time, lineZone);
  });
}

function instantOf(time: CalendarTime, zone: Zone): number {
  return time.utc ? time.localMs : shiftedInstant(zone, time.localMs);
}
