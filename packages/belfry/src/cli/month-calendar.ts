import { localInstant, nextMidnight, type Schedule, transitions } from "@belfry/schedule";
import type { Style } from "./terminal/style.ts";

/** A local day of a schedule. */
export interface CalendarDay {
  /** `2026-12-25`. */
  readonly date: string;
  /** How often it is due on that day. */
  readonly count: number;
  /** Whether the clock skips some times on that day, or shows some twice. */
  readonly clockChange: "gap" | "overlap" | null;
}

const MONTHS =
  "January February March April May June July August September October November December".split(
    " ",
  );
const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const CELL = 9;

/**
 * The days of a month of the schedule's own zone.
 *
 * @param month counts from 0; 12 is January of the next year.
 */
export function daysOfMonth(schedule: Schedule, year: number, month: number): CalendarDay[] {
  const { timeZone } = schedule;
  const days: CalendarDay[] = [];
  const end = Date.UTC(year, month + 1);
  for (let day = Date.UTC(year, month); day < end; day += 86_400_000) {
    const date = new Date(day).toISOString().slice(0, 10);
    const startAt = localInstant(`${date}T00:00`, timeZone);
    const endAt = nextMidnight(startAt, timeZone);
    const [change] = transitions(timeZone, startAt, endAt);
    days.push({
      date,
      count: schedule.count(startAt, endAt),
      clockChange: change?.kind ?? null,
    });
  }
  return days;
}

/** A month as a sheet: under each date a dot, or how many times it is due; `!` where the clock changes. */
export function monthLines(days: readonly CalendarDay[], style: Style): readonly string[] {
  const [first] = days;
  if (first === undefined) return [];
  const [year = "", month = "1"] = first.date.split("-");
  const title = `${MONTHS[Number(month) - 1]} ${year}`;
  const width = CELL * WEEKDAYS.length;
  const lead = (new Date(first.date).getUTCDay() + 6) % 7;
  const cells = [
    ...Array<string>(lead).fill(" ".repeat(CELL)),
    ...days.map((day) => cell(day, style)),
  ];
  const lines = [
    style.bold(" ".repeat(Math.floor((width - title.length) / 2)) + title),
    style.dim(
      WEEKDAYS.map((name) => name.padEnd(CELL))
        .join("")
        .trimEnd(),
    ),
  ];
  for (let week = 0; week < cells.length; week += WEEKDAYS.length) {
    lines.push(
      cells
        .slice(week, week + WEEKDAYS.length)
        .join("")
        .trimEnd(),
    );
  }
  return lines;
}

function cell({ date, count, clockChange }: CalendarDay, style: Style): string {
  const day = String(Number(date.slice(-2))).padStart(2);
  const mark = clockChange === null ? " " : "!";
  const due = count === 0 ? "" : count === 1 ? "•" : `×${count}`;
  const text = `${day}${mark}${due}`.padEnd(CELL);
  return count === 0 ? style.dim(text) : text;
}

/** What the `!` of some days means. */
export function clockChangeLines(days: readonly CalendarDay[]): readonly string[] {
  return days.flatMap(({ date, clockChange }) => {
    if (clockChange === null) return [];
    const what = clockChange === "gap" ? "skips some times" : "shows some times twice";
    return [`! ${date}: the clock ${what}.`];
  });
}
