import { valuesOf } from "../bits.ts";
import type { CalendarFields } from "../calendar.ts";
import { pad } from "../civil.ts";
import { specialDayName } from "../words/calendar-words.ts";
import {
  ALL_DATES,
  ALL_MONTHS,
  ALL_WEEKDAYS,
  bitsOf,
  bothGiven,
  minutesOf,
  runsOf,
  secondsOf,
  stepOf,
} from "./field-values.ts";
import { cannotSay } from "./refusal.ts";
import type { Shape } from "./shape.ts";

const NAMES = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/**
 * As OnCalendar, with its zone, since a timer without one follows the host.
 *
 * @throws ScheduleError with code `convert`.
 */
export function systemdText(shape: Shape, timeZone: string): string {
  const { fields } = shape;
  if (bothGiven(fields) && fields.dayRule === "either") {
    const problem = "systemd wants both the date and the weekday, and here each is enough";
    cannotSay(problem, "give the timer one OnCalendar= for each of the two");
  }
  const { months, years } = fields;
  const { weekdays, joint, date } = daysOf(fields);
  const year = years === null ? "*" : listText([...years].sort((a, b) => a - b));
  const month = months === ALL_MONTHS ? "*" : listText(valuesOf(months, 1));
  const weekday = weekdays === ALL_WEEKDAYS ? "" : `${weekdaysText(weekdays)} `;
  const hour = timeText(valuesOf(fields.hours, 0), 24);
  const time = `${hour}:${timeText(minutesOf(fields), 60)}:${timeText(secondsOf(shape), 60)}`;
  return `${weekday}${year}-${month}${joint}${date} ${time} ${timeZone}`;
}

interface Days {
  readonly weekdays: number;
  /** What joins the date to the month: `~` counts from the month's end. */
  readonly joint: "-" | "~";
  readonly date: string;
}

function daysOf({ daysOfMonth, weekdays, specialDays }: CalendarFields): Days {
  const [special, another] = specialDays;
  if (special === undefined) {
    const date = daysOfMonth === ALL_DATES ? "*" : listText(valuesOf(daysOfMonth, 1));
    return { weekdays, joint: "-", date };
  }
  // The nth Friday is the one in the nth seven days, the last the one in the last seven.
  if (special.kind === "nth" && another === undefined) {
    const last = Math.min(special.nth * 7, 31);
    const date = `${pad(special.nth * 7 - 6)}..${pad(last)}`;
    return { weekdays: bitsOf([special.weekday], 0, 7), joint: "-", date };
  }
  if (special.kind === "last-weekday" && another === undefined) {
    return { weekdays: bitsOf([special.weekday], 0, 7), joint: "~", date: "07/1" };
  }
  const fromEnd = specialDays.flatMap((each) =>
    each.kind === "last" && !each.nearest ? [each.before + 1] : [],
  );
  // systemd wants a day that each month has.
  if (fromEnd.length < specialDays.length || Math.max(...fromEnd) > 28) {
    const hint = "name the dates, in several timers where months differ";
    cannotSay(`systemd cannot say ${specialDayName(special)} of a month`, hint);
  }
  return { weekdays, joint: "~", date: listText(fromEnd.sort((a, b) => a - b)) };
}

/** From Monday on, as systemd counts, so that a weekend stays together. */
function weekdaysText(weekdays: number): string {
  const fromMonday = valuesOf((weekdays >>> 1) | ((weekdays & 1) << 6), 1);
  return runsText(fromMonday, (day) => NAMES[day % 7] ?? "");
}

/** Of values from 0 to before `size`: `*` for all, and a step without an end where it goes on to it. */
function timeText(values: readonly number[], size: number): string {
  if (values.length === size) return "*";
  const [first = 0, last = 0] = [values[0], values.at(-1)];
  const step = stepOf(values);
  const toEnd = step !== null && values.length > 2 && last + step >= size;
  return toEnd ? `${pad(first)}/${step}` : listText(values);
}

/** Steps where there are more than three. */
function listText(values: readonly number[]): string {
  const [first = 0, last = 0] = [values[0], values.at(-1)];
  const step = stepOf(values);
  if (step !== null && values.length > 3) return `${pad(first)}..${pad(last)}/${step}`;
  return runsText(values, pad);
}

function runsText(values: readonly number[], name: (value: number) => string): string {
  return runsOf(values)
    .map(([from, to]) => (from === to ? name(from) : `${name(from)}..${name(to)}`))
    .join(",");
}
