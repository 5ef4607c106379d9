import type { CalendarFields } from "../calendar.ts";
import { pad } from "../civil.ts";
import type { SpecialDay } from "../special-days.ts";
import {
  bothGiven,
  cannotSay,
  dayName,
  isSomeYears,
  minutesOf,
  runsOf,
  sorted,
  stepOf,
  valuesOf,
} from "./cron-text.ts";
import type { Shape } from "./shape.ts";

const NAMES = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const ALL_DATES = 0x7fffffff;
const ALL_WEEKDAYS = 0x7f;
const ALL_MONTHS = 0xfff;

/** As OnCalendar, with its zone, since a timer without one follows the host. */
export function systemdText(
  { fields, secondsLow, secondsHigh }: Shape,
  timeZone: string,
): readonly string[] {
  if (bothGiven(fields) && fields.dayRule === "either" && fields.specialDays.length === 0) {
    const problem = "systemd wants both the date and the weekday, and here each is enough";
    cannotSay(problem, "give the timer one OnCalendar= for each of the two");
  }
  const days = daysText(fields);
  const seconds = [...valuesOf(secondsLow, 0), ...valuesOf(secondsHigh, 30)];
  const time = [
    valuesText(valuesOf(fields.hours, 0), 0, 23),
    valuesText(minutesOf(fields), 0, 59),
    valuesText(seconds, 0, 59),
  ].join(":");
  return [`${days} ${time} ${timeZone}`];
}

function daysText(fields: CalendarFields): string {
  const { months, years, specialDays } = fields;
  const [special, another] = specialDays;
  const pick = another === undefined ? pickOf(fields, special) : null;
  if (pick === null) {
    const which = dayName(another ?? special ?? { kind: "nearest", day: 1 });
    cannotSay(`systemd cannot say ${which}`, "write one that says the dates");
  }
  const year = years !== null && isSomeYears(years) ? valuesText(sorted(years), 0, 0) : "*";
  const month = months === ALL_MONTHS ? "*" : valuesText(valuesOf(months, 1), 0, 0);
  const date = `${year}-${month}${pick.date}`;
  return pick.weekdays === "" ? date : `${pick.weekdays} ${date}`;
}

interface Pick {
  readonly weekdays: string;
  /** With what joins it to the month: `~` counts from the month's end. */
  readonly date: string;
}

function pickOf(fields: CalendarFields, special: SpecialDay | undefined): Pick | null {
  if (special === undefined) {
    const { daysOfMonth, weekdays } = fields;
    const date = daysOfMonth === ALL_DATES ? "*" : valuesText(valuesOf(daysOfMonth, 1), 0, 0);
    return { weekdays: weekdays === ALL_WEEKDAYS ? "" : weekdaysText(weekdays), date: `-${date}` };
  }
  // The nth Friday is the one in the nth seven days, the last the one in the last seven.
  if (special.kind === "nth") {
    const last = Math.min(special.nth * 7, 31);
    return {
      weekdays: weekdaysText(1 << special.weekday),
      date: `-${pad(special.nth * 7 - 6)}..${pad(last)}`,
    };
  }
  if (special.kind === "last-weekday") {
    return { weekdays: weekdaysText(1 << special.weekday), date: "~07/1" };
  }
  if (special.kind === "nearest" || special.nearest) return null;
  return { weekdays: "", date: `~${pad(special.before + 1)}` };
}

/** From Monday on, as systemd counts, so that a weekend stays together. */
function weekdaysText(weekdays: number): string {
  const fromMonday = valuesOf((weekdays >>> 1) | ((weekdays & 1) << 6), 1);
  return runsText(fromMonday, (day) => NAMES[day % 7] ?? "");
}

/** `*` for all from `low` to `high`; steps where there are more than three. */
function valuesText(values: readonly number[], low: number, high: number): string {
  if (high > 0 && values.length === high - low + 1) return "*";
  const [first = 0, last = 0] = [values[0], values.at(-1)];
  const step = stepOf(values);
  if (step !== null && values.length > 3) {
    const toEnd = high > 0 && last + step > high;
    return toEnd ? `${pad(first)}/${step}` : `${pad(first)}..${pad(last)}/${step}`;
  }
  return runsText(values, pad);
}

function runsText(values: readonly number[], name: (value: number) => string): string {
  return runsOf(values)
    .map(([from, to]) => (from === to ? name(from) : `${name(from)}..${name(to)}`))
    .join(",");
}
