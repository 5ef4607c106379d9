import { valuesOf } from "../bits.ts";
import type { CalendarFields } from "../calendar.ts";
import { calendarWords, specialDayName } from "../words/calendar-words.ts";
import {
  DATE,
  HOUR,
  listed,
  MONTH,
  natural,
  SIXTY,
  starred,
  unstarred,
  WEEKDAY,
} from "./field-text.ts";
import { bothGiven, isWholeMinutes, minutesOf, weekDates } from "./field-values.ts";
import { ASK_DATE, cannotSay } from "./refusal.ts";
import type { Shape } from "./shape.ts";

type FiveFieldDialect = "unix" | "gcp" | "kubernetes";

/**
 * In five fields, the likeliest first. There are several ways to write a set, since crond goes by
 * whether a field begins with a star: in the time where the clock is changed, in the days for whether
 * both must match.
 *
 * @throws ScheduleError with code `convert`.
 */
export function fiveFields(shape: Shape, dialect: FiveFieldDialect): readonly string[] {
  if (!isWholeMinutes(shape))
    cannotSay(`${dialect} has no seconds`, "let it begin with the minute");
  if (shape.fields.years !== null) {
    const hint = "use quartz, aws or systemd, or remove it when its time is over";
    cannotSay(`${dialect} has no years: it would come again each year`, hint);
  }
  const fields = withoutFirst(shape.fields);
  const [special] = fields.specialDays;
  if (special !== undefined) {
    cannotSay(`${dialect} cannot say ${specialDayName(special)} of a month`, ASK_DATE);
  }
  const [dates, weekdays] = daysText(fields, dialect);
  const month = natural(valuesOf(fields.months, 1), MONTH);
  const times = dialect === "kubernetes" ? [timeText(fields)] : timeTexts(fields);
  return times.map((time) => `${time} ${dates} ${month} ${weekdays}`);
}

/** The first Monday is Monday of the first seven days, for whom one of the days can begin with a star. */
function withoutFirst(fields: CalendarFields): CalendarFields {
  const [special] = fields.specialDays;
  if (special?.kind !== "nth" || special.nth !== 1) return fields;
  const weekdays = 1 << special.weekday;
  return { ...fields, specialDays: [], daysOfMonth: weekDates(1), weekdays };
}

function timeText(fields: CalendarFields): string {
  const minute = natural(minutesOf(fields), SIXTY);
  return `${minute} ${natural(valuesOf(fields.hours, 0), HOUR)}`;
}

/** With the stars that people write, with none, with one in either of the fields. */
function timeTexts(fields: CalendarFields): readonly string[] {
  const minutes = minutesOf(fields);
  const hours = valuesOf(fields.hours, 0);
  const plain = [unstarred(minutes, SIXTY), unstarred(hours, HOUR)] as const;
  const [minute, hour] = [starred(minutes, SIXTY), starred(hours, HOUR)];
  const texts = [timeText(fields), plain.join(" ")];
  if (minute !== null) texts.push(`${minute} ${plain[1]}`);
  if (hour !== null) texts.push(`${plain[0]} ${hour}`);
  return [...new Set(texts)];
}

function daysText(fields: CalendarFields, dialect: FiveFieldDialect): readonly [string, string] {
  const dates = valuesOf(fields.daysOfMonth, 1);
  const weekdays = valuesOf(fields.weekdays, 0);
  const weekday = weekdays.length === 7 ? "*" : listed(weekdays, WEEKDAY);
  if (!bothGiven(fields)) return [natural(dates, DATE), weekday];
  if (fields.dayRule === "either") {
    return [dialect === "kubernetes" ? natural(dates, DATE) : unstarred(dates, DATE), weekday];
  }
  const date = natural(dates, DATE);
  // To whom only a whole star is one, both never matter.
  if (dialect === "kubernetes") return bothWanted(fields, dialect);
  const starredDate = starred(dates, DATE);
  if (starredDate !== null) return [starredDate, weekday];
  const starredWeekday = starred(weekdays, WEEKDAY);
  return starredWeekday === null ? bothWanted(fields, dialect) : [date, starredWeekday];
}

/** @throws ScheduleError for a dialect that cannot ask for both. */
export function bothWanted(fields: CalendarFields, dialect: string): never {
  const days = calendarWords({ ...fields, minutesLow: 1, minutesHigh: 0, hours: 1, years: null });
  const which = days.replace(/^At 00:00 /, "");
  cannotSay(`${dialect} cannot ask for a date and a weekday at once (${which})`, ASK_DATE);
}
