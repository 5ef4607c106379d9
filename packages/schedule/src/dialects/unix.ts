import { CalendarSchedule } from "../calendar-schedule.ts";
import type { ClockRule } from "../clock-changes.ts";
import { quote, refuse } from "../errors.ts";
import type { Zone } from "../zone.ts";
import { type CronForm, DAY, HOUR, MINUTE, MONTH, readCron, WEEKDAY } from "./cron.ts";
import type { Field } from "./field.ts";
import { MACROS, unknownMacro } from "./macros.ts";

/*
 * Vixie cron as cronie 1.7 and Debian keep it: the grammar is get_list and get_range of cronie's
 * src/entry.c, what happens at a clock change is the main loop of its src/cron.c.
 */

export const UNIX_FORM: CronForm<"unix"> = {
  dialect: "unix",
  minute: MINUTE,
  hour: HOUR,
  day: DAY,
  month: MONTH,
  weekday: WEEKDAY,
  days: "either",
  open: "star",
  stepsToEnd: false,
  wraps: false,
  boundsSteps: false,
};

/**
 * crond compares the clock with one minute after the last it saw, so a gap of n minutes shows as
 * n + 1. Up to 5 it runs each missed minute; up to 180 it runs the jobs with a fixed time.
 */
const FIXED_TIME: ClockRule = { longestGapMinutes: 179, makesUp: "at-once", overlap: "first" };
/** Jobs whose minute or hour field begins with a star. */
const FOLLOWS_CLOCK: ClockRule = { longestGapMinutes: 4, makesUp: "at-once", overlap: "both" };

export function parseUnix(
  expression: string,
  zone: Zone,
  seed: string | number | undefined,
): CalendarSchedule<"unix"> {
  const fields = expandMacro(expression);
  const drawAt = (place: number): number => draw(`${seed ?? expression}\0${place}`);
  const { calendar, open } = readCron(fields, UNIX_FORM, drawAt);
  return new CalendarSchedule(expression, UNIX_FORM, calendar, zone, crondRule(open));
}

/** What crond does at a clock change with a schedule of which these fields begin with a star. */
export function crondRule(open: readonly Field[]): ClockRule {
  return open.includes(MINUTE) || open.includes(HOUR) ? FOLLOWS_CLOCK : FIXED_TIME;
}

/** The five fields that an expression stands for. */
function expandMacro(expression: string): string {
  if (!/^[ \t]*@/.test(expression)) return expression;
  const name = expression.trim();
  const fields = MACROS.get(name);
  if (fields !== undefined) return fields;
  const place = { text: name, position: expression.indexOf("@") };
  if (name === "@reboot") {
    const problem = "@reboot is no time: it runs once per boot of the host";
    refuse(place, problem, "keep it in a crontab", "reboot");
  }
  const every = /^@every[ \t]+(\S+)$/.exec(name);
  if (every !== null) {
    refuse(place, "unix has no @every", `use the dialect "every" with ${quote(every[1] ?? "")}`);
  }
  unknownMacro(name, place.position);
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
