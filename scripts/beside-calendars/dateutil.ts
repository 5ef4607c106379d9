import { spawnSync } from "node:child_process";
import type { Chance } from "./chance.ts";

const WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
const FREQUENCIES = ["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY"];

export interface Question {
  readonly zone: string;
  /** DTSTART on the wall clock, as iCalendar writes it. */
  readonly start: string;
  readonly rule: string;
  readonly from: number;
  readonly steps: number;
}

/** A rule that RFC 5545 allows. */
export function drawRule(chance: Chance): string {
  const frequency = chance.one(FREQUENCIES);
  const parts = [`FREQ=${frequency}`];
  const long = frequency === "YEARLY" || frequency === "MONTHLY";
  const whole = (low: number, high: number, signed: boolean) => (): number =>
    (signed && chance.in(3) ? -1 : 1) * chance.whole(low, high);
  const list = (name: string, times: number, draw: () => number | string): boolean => {
    if (!chance.in(times)) return false;
    const values = new Set(Array.from({ length: chance.whole(1, 3) }, draw));
    parts.push(`${name}=${[...values].join(",")}`);
    return true;
  };
  if (chance.in(2)) parts.push(`INTERVAL=${chance.whole(1, chance.in(3) ? 90 : 6)}`);
  if (chance.in(3)) parts.push(`WKST=${chance.one(WEEKDAYS)}`);
  list("BYMONTH", 4, whole(1, 12, false));
  const weeks = frequency === "YEARLY" && list("BYWEEKNO", 5, whole(1, 53, true));
  if (frequency === "YEARLY" && !weeks) list("BYYEARDAY", 6, whole(1, 366, true));
  if (frequency !== "WEEKLY" && !weeks) list("BYMONTHDAY", 4, whole(1, 31, true));
  const ordinal = long && !weeks && chance.in(2);
  const most =
    frequency === "YEARLY" && !parts.some((part) => part.startsWith("BYMONTH=")) ? 53 : 5;
  const day = (): string => `${ordinal ? whole(1, most, true)() : ""}${chance.one(WEEKDAYS)}`;
  if (weeks) parts.push(`BYDAY=${chance.one(WEEKDAYS)}`);
  else list("BYDAY", 3, day);
  list("BYHOUR", 4, whole(0, 23, false));
  list("BYMINUTE", 5, whole(0, 59, false));
  list("BYSECOND", 6, whole(0, 59, false));
  if (parts.some((part) => part.startsWith("BY"))) list("BYSETPOS", 6, whole(1, 4, true));
  return parts.join(";");
}

/** The next wall times of each question as python-dateutil has them, on a clock without changes. */
export function askDateutil(questions: readonly Question[]): (string[] | null)[] {
  const script = `${import.meta.dirname}/dateutil_oracle.py`;
  const run = spawnSync("python3", [script], {
    encoding: "utf8",
    input: questions.map((question) => JSON.stringify(question)).join("\n"),
    maxBuffer: 1 << 28,
  });
  if (run.error !== undefined) throw run.error;
  if (run.status !== 0) throw new Error(run.stderr);
  return run.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}
