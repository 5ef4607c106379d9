import { Calendar, everMatches } from "../calendar.ts";
import { type CalendarDialect, CalendarSchedule, type ClockRule } from "../calendar-schedule.ts";
import { quote, ScheduleError } from "../errors.ts";
import { lintUnix } from "../lint.ts";
import type { Zone } from "../zone.ts";
import { type Field, FieldReader } from "./field-reader.ts";

/*
 * Vixie cron as cronie 1.7 and Debian keep it: the grammar is get_list and get_range of cronie's
 * src/entry.c, what happens at a clock change is the main loop of its src/cron.c.
 */

const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const WEEKDAYS = "sun mon tue wed thu fri sat".split(" ");

const MINUTE: Field = { name: "minute", low: 0, high: 59, names: [] };
const HOUR: Field = { name: "hour", low: 0, high: 23, names: [] };
const DAY_OF_MONTH: Field = { name: "day of month", low: 1, high: 31, names: [] };
const MONTH: Field = { name: "month", low: 1, high: 12, names: MONTHS };
const DAY_OF_WEEK: Field = { name: "day of week", low: 0, high: 7, names: WEEKDAYS };

const MACROS: ReadonlyMap<string, string> = new Map([
  ["@yearly", "0 0 1 1 *"],
  ["@annually", "0 0 1 1 *"],
  ["@monthly", "0 0 1 * *"],
  ["@weekly", "0 0 * * 0"],
  ["@daily", "0 0 * * *"],
  ["@midnight", "0 0 * * *"],
  ["@hourly", "0 * * * *"],
]);

/**
 * crond compares the clock with one minute after the last it saw, so a gap of n minutes shows as
 * n + 1. Up to 5 it runs each missed minute; up to 180 it runs the jobs with a fixed time.
 */
const FIXED_TIME: ClockRule = { longestGapMinutes: 179, overlap: "first" };
/** Jobs whose minute or hour field begins with a star. */
const FOLLOWS_CLOCK: ClockRule = { longestGapMinutes: 4, overlap: "both" };

const UNIX: CalendarDialect<"unix"> = { name: "unix", lint: lintUnix };

export function parseUnix(
  expression: string,
  zone: Zone,
  seed: string | number | undefined,
): CalendarSchedule<"unix"> {
  const fields = expandMacro(expression);
  const reader = new FieldReader(fields, (place) => draw(`${seed ?? expression}\0${place}`));
  const minuteStar = readField(reader, fields, MINUTE);
  const minutesLow = reader.low;
  const minutesHigh = reader.high;
  const hourStar = readField(reader, fields, HOUR);
  const hours = reader.low;
  const dayPlace = reader.seek();
  const dayStar = readField(reader, fields, DAY_OF_MONTH);
  const daysOfMonth = (reader.low >>> 1) | (reader.high << 29);
  readField(reader, fields, MONTH);
  const months = reader.low >>> 1;
  const weekdayStar = readField(reader, fields, DAY_OF_WEEK);
  const weekdays = (reader.low | (reader.low >>> 7)) & 0x7f;
  if (!reader.ended) throw tooManyFields(fields, reader.seek());
  const dayRule = dayStar || weekdayStar ? "both" : "either";
  const calendar = new Calendar({
    minutesLow,
    minutesHigh,
    hours,
    daysOfMonth,
    months,
    weekdays,
    dayRule,
  });
  if (!everMatches(calendar)) throw neverFires(fields, dayPlace);
  const clockRule = minuteStar || hourStar ? FOLLOWS_CLOCK : FIXED_TIME;
  return new CalendarSchedule(expression, UNIX, calendar, zone, clockRule);
}

/** The five fields that an expression stands for. */
function expandMacro(expression: string): string {
  if (!/^[ \t]*@/.test(expression)) return expression;
  const name = expression.trim();
  const fields = MACROS.get(name);
  if (fields !== undefined) return fields;
  const place = { position: expression.indexOf("@"), length: name.length };
  if (name === "@reboot") {
    throw new ScheduleError("reboot", "@reboot is no time: it runs once per boot of the host", {
      ...place,
      hint: "keep it in a crontab",
    });
  }
  const every = /^@every[ \t]+(\S+)$/.exec(name);
  if (every !== null) {
    throw new ScheduleError("syntax", "unix has no @every", {
      ...place,
      hint: `use the dialect "every" with ${quote(every[1] ?? "")}`,
    });
  }
  const lower = MACROS.has(name.toLowerCase()) ? name.toLowerCase() : null;
  throw new ScheduleError("syntax", `unknown macro ${quote(name)}`, {
    ...place,
    hint: lower === null ? `use one of ${[...MACROS.keys()].join(" ")}` : `write ${lower}`,
  });
}

function readField(reader: FieldReader, text: string, field: Field): boolean {
  if (reader.ended) {
    const found = text.split(/[ \t]+/).filter((part) => part !== "").length;
    throw new ScheduleError("syntax", `found ${found} of 5 fields, no ${field.name}`, {
      position: text.length,
      hint: "write minute, hour, day of month, month and day of week",
    });
  }
  return reader.read(field);
}

function tooManyFields(text: string, from: number): ScheduleError {
  const found = text.trim().split(/[ \t]+/).length;
  const hint =
    found === 6
      ? "unix expressions have no seconds and no years: leave out the field"
      : "write minute, hour, day of month, month and day of week, with no blanks inside";
  return new ScheduleError("syntax", `found ${found} fields instead of 5`, {
    position: from,
    length: text.length - from,
    hint,
  });
}

function neverFires(text: string, from: number): ScheduleError {
  const [day = "", month = ""] = text.slice(from).split(/[ \t]+/);
  return new ScheduleError(
    "never",
    `never fires: no month ${quote(month)} has a day ${quote(day)}`,
    {
      position: from,
      length: day.length,
      hint: "choose a day that the month has",
    },
  );
}

/** A number in [0, 1) that depends on nothing but the text (FNV-1a with a final mix). */
function draw(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 0x100000000;
}
