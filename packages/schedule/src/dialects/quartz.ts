import { CalendarSchedule } from "../calendar-schedule.ts";
import type { ClockRule } from "../clock-changes.ts";
import { SecondSchedule } from "../second-schedule.ts";
import type { Zone } from "../zone.ts";
import {
  type CronForm,
  DAY,
  HOUR,
  MINUTE,
  MONTH,
  readCron,
  SECOND,
  WEEKDAYS,
  YEAR,
} from "./cron.ts";

/* Quartz 2: org.quartz.CronExpression, its documentation and, for clock changes, what it does. */

const FORM: CronForm<"quartz"> = {
  dialect: "quartz",
  second: SECOND,
  minute: MINUTE,
  hour: HOUR,
  day: { ...DAY, question: true, special: ["L", "L-3", "LW", "L-3W", "15W"] },
  month: MONTH,
  weekday: {
    name: "day of week",
    low: 1,
    high: 7,
    names: WEEKDAYS,
    question: true,
    special: ["L", "6L", "6#3"],
  },
  year: YEAR,
  yearOptional: true,
  days: "one",
  open: "question",
  stepsToEnd: true,
  wraps: true,
  boundsSteps: true,
};

/** It turns local times into instants as java.util.Calendar does: a time shown twice is the second. */
const LAST_SHOWN: ClockRule = { longestGapMinutes: 0, makesUp: "at-once", overlap: "last" };

export function parseQuartz(expression: string, zone: Zone): SecondSchedule<"quartz"> {
  const reading = readCron(expression, FORM);
  const minutes = new CalendarSchedule(expression, FORM, reading.calendar, zone, LAST_SHOWN);
  return new SecondSchedule(minutes, reading);
}
