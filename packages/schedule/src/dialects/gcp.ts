import { CalendarSchedule } from "../calendar-schedule.ts";
import { quote, refuse } from "../errors.ts";
import type { Zone } from "../zone.ts";
import { type CronForm, readCron } from "./cron.ts";
import { crondRule, UNIX_FORM } from "./unix.ts";

/*
 * Google Cloud Scheduler: unix-cron as its page "Cron job format and time zone" has it. That is the
 * grammar of cron without macros and random ranges. Google does not publish what happens at a clock
 * change; we do what cron does.
 */

const FORM: CronForm<"gcp"> = { ...UNIX_FORM, dialect: "gcp" };

export function parseGcp(expression: string, zone: Zone): CalendarSchedule<"gcp"> {
  const text = expression.trim();
  if (/^(@|every\b)/i.test(text)) {
    const place = { text, position: expression.indexOf(text) };
    refuse(place, `gcp has no ${quote(text)}`, "write five fields, for example */5 * * * *");
  }
  const { calendar, open } = readCron(expression, FORM);
  return new CalendarSchedule(expression, FORM, calendar, zone, crondRule(open));
}
