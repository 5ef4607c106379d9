import { DAY_MS, daysInMonth, firstDayOfMonth } from "../civil.ts";
import { quote, ScheduleError } from "../errors.ts";

/** A content line of iCalendar (RFC 5545, 3.1), unfolded. */
export interface Line {
  readonly name: string;
  /** Values by upper-case names, without their quotes. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly value: string;
  /** Counted from 1, where it begins. */
  readonly number: number;
}

/** Of a public calendar: some hundred events. */
const MOST_LINES = 200_000;

/**
 * The lines of each VEVENT, without those of what is within it.
 *
 * @throws ScheduleError with code `calendar`, which names the line, also for a file that is cut off.
 */
export function eventsOf(text: string): readonly (readonly Line[])[] {
  const events: Line[][] = [];
  const open: Line[] = [];
  for (const line of linesOf(text)) {
    const value = line.value.toUpperCase();
    const within = open.at(-1);
    if (line.name === "BEGIN") {
      open.push({ ...line, value });
      if (value === "VEVENT") events.push([]);
    } else if (line.name === "END") {
      if (within?.value !== value) {
        refuseLine(line.number, `${value} ends before it begins`, "get the file anew");
      }
      open.pop();
    } else if (within?.value === "VEVENT") events.at(-1)?.push(line);
  }
  const unended = open.at(-1);
  if (unended !== undefined) {
    const problem = `${unended.value} does not end: the file is cut off`;
    refuseLine(unended.number, problem, "get the whole of it");
  }
  return events;
}

/** Lines that begin with a blank go on with the one before. */
function linesOf(text: string): readonly Line[] {
  const raw = text.replace(/^\uFEFF/, "").split(/\r\n?|\n/);
  if (raw.length > MOST_LINES) refuseLine(MOST_LINES, "the file goes on for too long", "split it");
  const first = raw.findIndex((line) => line.trim() !== "");
  if (!/^BEGIN:VCALENDAR\s*$/i.test(raw[first] ?? "")) {
    refuseLine(first + 1, "this is no iCalendar file", "it begins with BEGIN:VCALENDAR");
  }
  const lines: Line[] = [];
  for (let index = first; index < raw.length; index++) {
    const number = index + 1;
    let line = raw[index] ?? "";
    while (/^[ \t]/.test(raw[index + 1] ?? "")) line += (raw[++index] ?? "").slice(1);
    if (line.trim() !== "") lines.push(readLine(line, number));
  }
  return lines;
}

function readLine(line: string, number: number): Line {
  const [head, name = ""] = /^([\w-]+)/.exec(line) ?? [];
  const parameters = new Map<string, string>();
  let at = head?.length ?? 0;
  // Quotes hold what else would end a parameter.
  const parameter = /;([\w-]+)=((?:"[^"]*"|[^;:"])*)/y;
  for (;;) {
    parameter.lastIndex = at;
    const [whole, key = "", value = ""] = parameter.exec(line) ?? [];
    if (whole === undefined) break;
    parameters.set(key.toUpperCase(), value.replaceAll('"', ""));
    at += whole.length;
  }
  if (head === undefined || line[at] !== ":") {
    refuseLine(number, `${quote(line)} is no line of iCalendar`, "write NAME:VALUE");
  }
  return { name: name.toUpperCase(), parameters, value: line.slice(at + 1).trim(), number };
}

/** A date, or a date and time of whatever zone, as that clock's milliseconds since 1970-01-01. */
export function localOf(line: Line, value: string = line.value): number {
  const [, year = 0, month = 0, date = 0, hour = 0, minute = 0, second = 0] =
    /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)Z?)?$/i
      .exec(value.trim())
      ?.map((part) => Number(part ?? 0)) ?? [];
  const isDate = month >= 1 && month <= 12 && date >= 1 && date <= daysInMonth(year, month - 1);
  if (!isDate || hour > 23 || minute > 59 || second > 60) {
    refuseLine(line.number, `${quote(value)} is no date`, "write for example 20261225");
  }
  const day = firstDayOfMonth(year, month - 1) + date - 1;
  return day * DAY_MS + (hour * 3600 + minute * 60 + Math.min(second, 59)) * 1000;
}

/** The milliseconds of a DURATION (3.3.6). */
export function durationOf(line: Line): number {
  const parts =
    /^\+?P(?=[\dT])(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/i.exec(
      line.value,
    );
  if (parts === null) {
    return refuseLine(line.number, `${quote(line.value)} is no duration`, "write for example P1D");
  }
  const [, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = parts.map((part) =>
    Number(part ?? 0),
  );
  return (weeks * 7 + days) * DAY_MS + (hours * 3600 + minutes * 60 + seconds) * 1000;
}

export function refuseLine(number: number, problem: string, hint: string): never {
  throw new ScheduleError("calendar", `line ${number}: ${problem}`, { hint });
}
