import {
  type Dialect,
  localDate,
  type ParseOptions,
  parse,
  type Schedule,
  ScheduleError,
} from "@belfry/schedule";
import type { Chance } from "../beside-calendars/chance.ts";
import { drawRule } from "../beside-calendars/dateutil.ts";
import { drawSpecification } from "../beside-calendars/systemd.ts";
import { fiveFields, quartzExpression } from "../schedule-oracles/expressions.ts";
import { ZONES } from "../schedule-oracles/zones.ts";

const MACROS = ["@yearly", "@monthly", "@weekly", "@daily", "@hourly"];
const DAY_MS = 86_400_000;
const FROM_AT = Date.UTC(2026, 0, 1);
/** Periods that come out even on the clock, and such that do not. */
const PERIODS = ["1m", "5m", "7m", "15m", "45m", "1h", "90m", "6h", "7h", "1d", "36h", "1w", "10s"];

/** A schedule that its dialect takes, in one of the zones; half of them are what people write. */
export function drawSchedule(chance: Chance, dialect: Dialect): Schedule {
  for (;;) {
    const timeZone = dialect === "aws-rules" ? "UTC" : drawZone(chance);
    try {
      return parse(drawExpression(chance, dialect, timeZone), {
        dialect,
        timeZone,
        ...anchorOf(chance, dialect),
      });
    } catch (error) {
      // The oracles' expressions go a little beyond what is taken.
      if (!(error instanceof ScheduleError)) throw error;
    }
  }
}

function drawZone(chance: Chance): string {
  return chance.in(12) ? chance.one(["+02:00", "-07:00", "+05:30"]) : chance.one(ZONES);
}

/** Most intervals count from the epoch, and rules without a start have to be told one. */
function anchorOf(chance: Chance, dialect: Dialect): ParseOptions {
  const free = dialect === "every" || dialect === "kubernetes" || dialect === "aws";
  return free && chance.in(4) ? { anchor: FROM_AT + chance.whole(0, 1000) * 60_000 } : {};
}

function drawExpression(chance: Chance, dialect: Dialect, zone: string): string {
  const random = (): number => chance.whole(0, 0xffff_ffff) / 0x1_0000_0000;
  const everyday = chance.in(2);
  switch (dialect) {
    case "unix":
      return chance.in(8) ? chance.one(MACROS) : fields(chance, random, everyday, false);
    case "gcp":
      return fields(chance, random, everyday, false);
    case "kubernetes":
      if (chance.in(10)) return `@every ${chance.one(PERIODS.slice(0, 9))}`;
      return fields(chance, random, everyday, true);
    case "ncrontab": {
      const second = chance.in(3) ? chance.one(["*", "*/10", "30", "5,35"]) : "0";
      return `${second} ${fields(chance, random, everyday, true)}`;
    }
    case "quartz":
      return everyday ? `0 ${questioned(chance, drawEveryday(chance))}` : quartzExpression(random);
    case "aws":
    case "aws-rules":
      return awsExpression(chance, random, everyday);
    case "every":
      return chance.one(PERIODS);
    case "at":
      return drawLocalTime(chance, zone);
    case "systemd":
      return `${drawSpecification(chance)}${chance.in(4) ? ` ${chance.one(ZONES)}` : ""}`;
    case "rrule":
      return drawRuleWithStart(chance, zone, everyday);
    case "interval":
      return drawInterval(chance, zone);
  }
}

function fields(chance: Chance, random: () => number, everyday: boolean, toEnd: boolean): string {
  return everyday ? drawEveryday(chance) : fiveFields(random, toEnd);
}

/** Five fields as they stand in most crontabs, often at a time that clock changes touch. */
function drawEveryday(chance: Chance): string {
  const minute = chance.one([
    "0",
    "0",
    "30",
    "15",
    "*/5",
    "*/15",
    "*/20",
    "*",
    "5,35",
    "17",
    "*/7",
  ]);
  const hour = chance.one([
    "*",
    "0",
    "1",
    "2",
    "3",
    "*/2",
    "*/6",
    "1,13",
    "0-4",
    "9-17",
    "4",
    "23",
  ]);
  const date = chance.one(["*", "*", "*", "*", "1", "1,15", "13", "*/2", "1-7", "31", "29"]);
  const month = chance.one(["*", "*", "*", "*", "1", "*/3", "3,10", "2"]);
  const weekday = chance.one(["*", "*", "*", "1-5", "0", "1", "6,0", "2-4", "FRI"]);
  return [minute, hour, date, month, weekday].join(" ");
}

/** For who wants one of the day fields to be `?`, and counts weekdays from 1. */
function questioned(chance: Chance, five: string): string {
  const [minute, hour, date, month, weekday = "*"] = five.split(" ");
  const shifted = weekday.replaceAll(/\d/g, (digit) => String(Number(digit) + 1));
  const days = weekday === "*" || (date !== "*" && chance.in(2));
  return [minute, hour, days ? date : "?", month, days ? "?" : shifted].join(" ");
}

function awsExpression(chance: Chance, random: () => number, everyday: boolean): string {
  if (chance.in(10))
    return `rate(${chance.one(["1 minute", "5 minutes", "1 hour", "7 hours", "1 day"])})`;
  if (chance.in(10)) return `at(${drawLocalTime(chance, "UTC")}:00)`;
  const years = chance.one(["*", "*", "*", "2026-2030", "2027", "2026/2"]);
  if (everyday) return `cron(${questioned(chance, drawEveryday(chance))} ${years})`;
  const [, ...rest] = quartzExpression(random).split(" ");
  return `cron(${rest.slice(0, 5).join(" ")} ${years})`;
}

function drawLocalTime(chance: Chance, zone: string): string {
  const date = localDate(FROM_AT + chance.whole(-30, 3000) * DAY_MS, zone);
  return `${date}T${chance.one(["00:00", "01:30", "02:30", "09:00", "23:59"])}`;
}

function drawRuleWithStart(chance: Chance, zone: string, everyday: boolean): string {
  const start = drawStart(chance, zone);
  const rule = everyday
    ? chance.one([
        "FREQ=DAILY",
        "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
        "FREQ=MONTHLY;BYDAY=1MO",
        "FREQ=MONTHLY;BYDAY=-1FR",
        "FREQ=MONTHLY;BYMONTHDAY=1,15",
        "FREQ=MONTHLY;BYMONTHDAY=-1",
        "FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1",
        "FREQ=DAILY;BYHOUR=9,17;BYMINUTE=0",
        "FREQ=HOURLY",
        "FREQ=MINUTELY;INTERVAL=15",
        "FREQ=DAILY;INTERVAL=2",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU",
        "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
      ])
    : drawRule(chance);
  const end = chance.one(["", "", "", "", ";COUNT=20", ";UNTIL=20290101T000000Z"]);
  return `DTSTART;TZID=${zone}:${start.replaceAll(/[-:]/g, "")}\nRRULE:${rule}${end}`;
}

/** Mostly before the time in which schedules are compared. */
function drawStart(chance: Chance, zone: string): string {
  const date = localDate(FROM_AT + chance.whole(-2000, chance.in(4) ? 1500 : 0) * DAY_MS, zone);
  return `${date}T${chance.one(["00:00", "01:30", "02:30", "09:00", "23:45"])}:00`;
}

function drawInterval(chance: Chance, zone: string): string {
  const times = chance.one(["", "", "", "", "5", "1000"]);
  const period = chance.one([
    "PT1M",
    "PT15M",
    "PT1H",
    "PT7H",
    "P1D",
    "P2D",
    "P1W",
    "P1M",
    "P3M",
    "P1Y",
  ]);
  const offset = chance.one(["", "", "Z", "+02:00"]);
  return `R${times}/${drawStart(chance, zone)}${offset}/${period}`;
}
