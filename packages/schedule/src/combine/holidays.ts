import { DAY_MS, dateText, daysInMonth, firstDayOfMonth } from "../civil.ts";
import { quote, ScheduleError } from "../errors.ts";
import { type Days, daySetOf } from "./days.ts";

/** A content line of iCalendar, unfolded. */
interface Line {
  readonly name: string;
  readonly parameters: string;
  readonly value: string;
  /** Counted from 1, where it begins. */
  readonly number: number;
}

/** Of a public calendar: some hundred events. */
const MOST_LINES = 200_000;
const LONGEST_DAYS = 3660;

/**
 * The days of the events in an iCalendar file (RFC 5545), such as one of public holidays: each day
 * that an event touches by its own clock, repeated as its RRULE, RDATE and EXDATE say. Events that
 * are cancelled are left out, and what is no VEVENT.
 *
 * @throws ScheduleError with code `calendar`, which names the line, for what cannot be read.
 */
export function holidays(text: string): Days {
  const dates: string[] = [];
  let event: Line[] | null = null;
  let within = 0;
  for (const line of linesOf(text)) {
    const value = line.value.toUpperCase();
    if (line.name === "BEGIN" && event !== null) within++;
    else if (line.name === "BEGIN" && value === "VEVENT") event = [];
    else if (line.name === "END" && within > 0) within--;
    else if (line.name === "END" && event !== null) {
      dates.push(...datesOf(event));
      event = null;
    } else if (within === 0) event?.push(line);
  }
  if (dates.length === 0) refuse(1, "there is no event with a date", "give a file with VEVENTs");
  return { dates };
}

/** Lines that begin with a blank go on with the one before (3.1). */
function linesOf(text: string): readonly Line[] {
  const raw = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  if (raw.length > MOST_LINES) refuse(MOST_LINES, "the file goes on for too long", "split it");
  const first = raw.findIndex((line) => line.trim() !== "");
  if (!/^BEGIN:VCALENDAR\s*$/i.test(raw[first] ?? "")) {
    refuse(first + 1, "this is no iCalendar file", "it begins with BEGIN:VCALENDAR");
  }
  const lines: Line[] = [];
  for (let index = first; index < raw.length; index++) {
    const number = index + 1;
    let line = raw[index] ?? "";
    while (/^[ \t]/.test(raw[index + 1] ?? "")) line += (raw[++index] ?? "").slice(1);
    if (line.trim() === "") continue;
    const [, name, parameters = "", value = ""] =
      /^([\w-]+)((?:;[\w-]+=(?:"[^"]*"|[^;:"]*))*):(.*)$/s.exec(line) ?? [];
    if (name === undefined)
      refuse(number, `${quote(line)} is no line of iCalendar`, "write NAME:VALUE");
    lines.push({ name: name.toUpperCase(), parameters, value: value.trim(), number });
  }
  return lines;
}

function datesOf(event: readonly Line[]): readonly string[] {
  const find = (name: string): Line | undefined => event.find((line) => line.name === name);
  const start = find("DTSTART");
  if (start === undefined) {
    refuse(event[0]?.number ?? 1, "an event has no DTSTART", "say on which day it begins");
  }
  if (find("STATUS")?.value.toUpperCase() === "CANCELLED") return [];
  const first = dayOf(start, start.value);
  const length = lengthOf(start, first, find("DTEND"), find("DURATION"));
  const rule = event.filter(
    ({ name }) => name === "RRULE" || name === "RDATE" || name === "EXDATE",
  );
  if (rule.length === 0) return [rangeText(first, length)];
  const shifted = rule.every(({ name, value }) => name === "RRULE" && !/;BY/i.test(value));
  if (length > 1 && !shifted) {
    const hint = "write an event of its own for each of its days";
    refuse(rule[0]?.number ?? 1, "an event of several days repeats by rules", hint);
  }
  return Array.from({ length }, (_, index) => {
    const lines = [`DTSTART:${basic(first + index)}`, ...rule.map(ruleText)];
    const text = lines.join("\n");
    checkRule(text, rule[0]?.number ?? 1);
    return text;
  });
}

/** As days: times of day are left out, whatever their zone. */
function ruleText(line: Line): string {
  if (line.name !== "RRULE") {
    const days = line.value.split(",").map((each) => basic(dayOf(line, each)));
    return `${line.name}:${days.join(",")}`;
  }
  return `RRULE:${line.value.replace(/(UNTIL=\d{8})T\d{6}Z?/i, "$1")}`;
}

function checkRule(text: string, number: number): void {
  try {
    daySetOf({ dates: [text] });
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error;
    throw new ScheduleError("calendar", `line ${number}: ${error.message}`);
  }
}

/** DTEND is the day after the last where it is a date, and the last one where it has a later time. */
function lengthOf(
  start: Line,
  first: number,
  end: Line | undefined,
  duration: Line | undefined,
): number {
  let length = 1;
  if (end !== undefined) {
    const last = dayOf(end, end.value);
    const whole = !/T(?!000000)/.test(end.value);
    length = last - first + (whole ? 0 : 1);
    // Of no length, or all in one day: it still touches that day.
    if (last === first) length = 1;
  } else if (duration !== undefined) {
    const [, weeks, days] = /^\+?P(?:(\d+)W)?(?:(\d+)D)?(?:T\w*)?$/i.exec(duration.value) ?? [];
    if (
      duration.value === "" ||
      (weeks === undefined && days === undefined && !/T/i.test(duration.value))
    ) {
      refuse(duration.number, `${quote(duration.value)} is no duration`, "write for example P1D");
    }
    length = Math.max(1, Number(weeks ?? 0) * 7 + Number(days ?? 0));
  }
  if (length < 1 || length > LONGEST_DAYS) {
    refuse(
      end?.number ?? start.number,
      "an event ends before it begins, or years later",
      "look at its DTEND",
    );
  }
  return length;
}

function dayOf(line: Line, value: string): number {
  const [, year = 0, month = 0, date = 0] =
    /^(\d{4})(\d\d)(\d\d)(?:T\d{6}Z?)?$/i.exec(value.trim())?.map(Number) ?? [];
  if (month < 1 || month > 12 || date < 1 || date > daysInMonth(year, month - 1)) {
    refuse(line.number, `${quote(value)} is no date`, "write for example 20261225");
  }
  return firstDayOfMonth(year, month - 1) + date - 1;
}

function rangeText(first: number, length: number): string {
  const from = dateText(first);
  return length === 1 ? from : `${from}/${dateText(first + length - 1)}`;
}

function basic(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10).replaceAll("-", "");
}

function refuse(number: number, problem: string, hint: string): never {
  throw new ScheduleError("calendar", `line ${number}: ${problem}`, { hint });
}
