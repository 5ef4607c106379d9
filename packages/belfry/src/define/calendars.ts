import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type Days, holidays, on, parse, ScheduleError } from "@belfry/schedule";
import { z } from "zod";
import { closest } from "./closest.ts";
import { advise, membersOf, must } from "./issues.ts";
import { error, type Fault } from "./problem.ts";

/** Days as somebody wrote them: a calendar of the configuration by its name, dates, or which days. */
export type WrittenDays = string | readonly string[] | WrittenDaySet;

interface WrittenDaySet {
  readonly weekdays?: string | undefined;
  readonly dates?: readonly string[] | undefined;
  readonly except?: WrittenDays | undefined;
  readonly nth?: number | readonly number[] | undefined;
}

/** A named calendar: which days, or the iCalendar file that has them as events. */
export type WrittenCalendar = readonly string[] | WrittenDaySet | { readonly file: string };

/** By name; or why a calendar has no days. */
export type Calendars = ReadonlyMap<string, Days | Fault>;

export const NO_CALENDARS: Calendars = new Map();

const FORMS = 'write a calendar\'s name, ["2026-12-25"], or { weekdays, dates, except, nth }';
const DAYS_ERROR = must("days", FORMS);
const nameOf = z.string({ error: DAYS_ERROR }).min(1, { error: "is empty" });
const dates = z.array(z.string({ error: must("a date", "put it in quotes") }), {
  error: must("a list of dates", 'for example ["2026-12-25", "01-01"]'),
});
const nth = z.int({ error: must("a whole number", "1 is the first of each month, -1 the last") });

function members<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, { error: membersOf(shape) });
}

const plainShape = {
  weekdays: z.string({ error: must("days of the week", 'for example "mon-fri"') }).optional(),
  dates: dates.optional(),
  nth: z.union([nth, z.array(nth)], { error: must("a number, or a list of them") }).optional(),
};
const exceptSchema = z.union([nameOf, dates, members(plainShape)], { error: DAYS_ERROR });
const dayShape = { ...plainShape, except: exceptSchema.optional() };

export const daysSchema: z.ZodType<WrittenDays> = z.union([nameOf, dates, members(dayShape)], {
  error: DAYS_ERROR,
});

export const calendarSchema: z.ZodType<WrittenCalendar> = z.union(
  [
    dates,
    members({
      file: z
        .string({ error: must("the path of an iCalendar file") })
        .min(1, { error: "is empty" }),
    }),
    members(dayShape),
  ],
  {
    error: advise("is no calendar", "write { file: holidays.ics }, a list of dates, or which days"),
  },
);

/** The files that calendars are in. */
export function calendarFiles(
  written: Readonly<Record<string, WrittenCalendar>>,
  folder: string,
): readonly string[] {
  return Object.values(written)
    .filter(isFile)
    .map(({ file }) => resolve(folder, file));
}

function isFile(calendar: WrittenCalendar): calendar is { readonly file: string } {
  return "file" in calendar;
}

/**
 * Reads the calendars of a configuration; those that are files, from its folder. One that cannot be
 * read is told where it is used, so that it refuses those tasks and no others.
 */
export async function readCalendars(
  written: Readonly<Record<string, WrittenCalendar>>,
  folder: string,
): Promise<Calendars> {
  const calendars = new Map<string, Days | Fault>();
  for (const [name, calendar] of Object.entries(written)) {
    if (isFile(calendar)) calendars.set(name, await readCalendarFile(name, calendar.file, folder));
  }
  for (const [name, calendar] of Object.entries(written)) {
    if (!isFile(calendar)) calendars.set(name, readDays(calendar, calendars));
  }
  return calendars;
}

async function readCalendarFile(name: string, file: string, folder: string): Promise<Days | Fault> {
  try {
    return holidays(await readFile(resolve(folder, file), "utf8"));
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    return error([], `the calendar "${name}" cannot be read: ${file}: ${why}`);
  }
}

/** The days themselves, of whatever form; or what is wrong with it. */
export function readDays(written: WrittenDays, calendars: Calendars): Days | Fault {
  const days = daysOf(written, calendars);
  if (isFault(days)) return days;
  try {
    // Whether they can be read, and not whether there are any.
    on(parse("* * * * *"), days);
  } catch (thrown) {
    if (!(thrown instanceof ScheduleError)) throw thrown;
    if (thrown.code !== "never") return error([], thrown.message);
  }
  return days;
}

function daysOf(written: WrittenDays, calendars: Calendars): Days | Fault {
  if (typeof written === "string") return calendars.get(written) ?? unknown(written, calendars);
  if (isList(written)) return { dates: written };
  const { weekdays, dates: listed, except, nth: which } = written;
  const rest = except === undefined ? undefined : daysOf(except, calendars);
  if (rest !== undefined && isFault(rest)) return rest;
  return {
    ...(weekdays === undefined ? {} : { weekdays }),
    ...(listed === undefined ? {} : { dates: listed }),
    ...(rest === undefined ? {} : { except: rest }),
    ...(which === undefined ? {} : { nth: which }),
  };
}

function unknown(name: string, calendars: Calendars): Fault {
  const meant = closest(name, [...calendars.keys()]);
  const hint =
    meant === null
      ? "name it under calendars in the configuration, or give the dates as a list"
      : `did you mean "${meant}"?`;
  return error([], `names no calendar of the configuration: "${name}"`, hint);
}

export function isFault(days: Days | Fault): days is Fault {
  return "severity" in days;
}

/** `Array.isArray` alone does not narrow a readonly list. */
function isList(value: readonly string[] | WrittenDaySet): value is readonly string[] {
  return Array.isArray(value);
}
