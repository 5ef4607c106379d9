import { parseAt } from "./dialects/at.ts";
import { parseAws } from "./dialects/aws.ts";
import { parseEvery } from "./dialects/every.ts";
import { parseGcp } from "./dialects/gcp.ts";
import { parseInterval } from "./dialects/interval.ts";
import { parseKubernetes } from "./dialects/kubernetes.ts";
import { parseNcrontab } from "./dialects/ncrontab.ts";
import { parseQuartz } from "./dialects/quartz.ts";
import { parseRrule } from "./dialects/rrule.ts";
import { parseSystemd } from "./dialects/systemd.ts";
import { parseUnix } from "./dialects/unix.ts";
import { quote, ScheduleError } from "./errors.ts";
import type { Finding } from "./finding.ts";
import { type Zone, zoneOf } from "./zone.ts";

/**
 * A way of writing schedules. `unix` is cron, `every` an interval, `at` one instant; the others are
 * those of other systems: `aws` of EventBridge Scheduler, `aws-rules` of EventBridge rules, `systemd`
 * its OnCalendar, `rrule` RFC 5545, `interval` a repeating interval of ISO 8601.
 */
export type Dialect = (typeof DIALECT_NAMES)[number];

/** All there are, in the order in which `detect` tries them. */
export const DIALECT_NAMES = [
  "unix",
  "kubernetes",
  "gcp",
  "quartz",
  "ncrontab",
  "aws",
  "aws-rules",
  "every",
  "at",
  "systemd",
  "rrule",
  "interval",
] as const;

/**
 * When something is due, as a set of instants: whole milliseconds since the epoch, UTC. The methods
 * take any number, also the infinities, and throw a RangeError for NaN; each call is bounded in
 * time. Cron-like schedules know the years 1900 to 2199 and have no occurrences outside them.
 */
export interface Schedule {
  readonly expression: string;
  /** `union` is what `union()` makes. */
  readonly dialect: Dialect | "union";
  readonly timeZone: string;
  /** The first occurrence after an instant, that instant excluded; `null` where there is none. */
  next(after: number): number | null;
  /** The last occurrence before an instant, that instant excluded; `null` where there is none. */
  previous(before: number): number | null;
  /** The occurrences in [from, to), in order, found one by one as they are asked for. */
  between(from: number, to: number): Iterable<number>;
  /** How many occurrences there are in [from, to): reckoned, not enumerated. */
  count(from: number, to: number): number;
  matches(instant: number): boolean;
  /**
   * The schedule in one line of English, with its zone: "At 01:30, Europe/London". Where clock changes
   * of the two years from `from` touch one of its times, the next of them follow, with what becomes of
   * it: "; on 29 March 2026 that time does not exist: runs at 02:00". As this library has no clock,
   * pass the present, else it is 2026-01-01T00:00Z; with `Infinity` the sentence stands alone.
   */
  words(from?: number): string;
  /**
   * What its author may not have meant, in the order of the text. Clock changes are looked for as in
   * `words`; what has passed is told only where `from` is given.
   */
  lint(from?: number): Finding[];
}

export interface ParseOptions {
  /** `unix` unless told. */
  readonly dialect?: Dialect;
  /** An IANA name, or an offset such as `+02:00`; `UTC` unless told. */
  readonly timeZone?: string;
  /** Where intervals (`every`, `@every`, `rate()`, `rrule` without DTSTART) count from: an instant, or ISO text with an offset or in the zone's local time. */
  readonly anchor?: number | string;
  /** What random ranges (`0~30`) are drawn from; the expression itself unless told. */
  readonly seed?: string | number;
}

type Reader = (expression: string, zone: Zone, options: ParseOptions) => Schedule;

const DIALECTS: Readonly<Record<Dialect, Reader>> = {
  unix: (expression, zone, options) => parseUnix(expression, zone, options.seed),
  kubernetes: (expression, zone, options) => parseKubernetes(expression, zone, options.anchor),
  gcp: (expression, zone) => parseGcp(expression, zone),
  quartz: (expression, zone) => parseQuartz(expression, zone),
  ncrontab: (expression, zone) => parseNcrontab(expression, zone),
  aws: (expression, zone, options) => parseAws("aws", expression, zone, options.anchor),
  "aws-rules": (expression, zone, options) =>
    parseAws("aws-rules", expression, zone, options.anchor),
  every: (expression, zone, options) => parseEvery(expression, zone, options.anchor),
  at: (expression, zone) => parseAt(expression, zone),
  systemd: (expression, zone) => parseSystemd(expression, zone),
  rrule: (expression, zone, options) => parseRrule(expression, zone, options.anchor),
  interval: (expression, zone) => parseInterval(expression, zone),
};

const NO_OPTIONS: ParseOptions = {};

/**
 * Reads an expression.
 * @throws ScheduleError that says what is wrong, where, and what to write instead: also for a
 * schedule that can never fire (code `never`) and for `@reboot` (code `reboot`).
 */
export function parse(expression: string, options: ParseOptions = NO_OPTIONS): Schedule {
  const dialect = options.dialect ?? "unix";
  // Options may come from configuration files, where no compiler has looked.
  if (!Object.hasOwn(DIALECTS, dialect)) {
    throw new ScheduleError("dialect", `unknown dialect ${quote(String(dialect))}`, {
      hint: `use one of ${Object.keys(DIALECTS).join(", ")}`,
    });
  }
  if (typeof expression !== "string") {
    throw new ScheduleError("syntax", "an expression is a text", { hint: "put it in quotes" });
  }
  return DIALECTS[dialect](expression, zoneOf(options.timeZone ?? "UTC"), options);
}

/**
 * What an expression would mean: its schedule in each dialect that takes it, in the order of
 * `Dialect`. Their `dialect`, `words()` and `lint()` tell them apart.
 * @param options as for `parse`, but for the dialect.
 * @throws ScheduleError with code `time-zone`.
 */
export function detect(
  expression: string,
  options: Omit<ParseOptions, "dialect"> = NO_OPTIONS,
): Schedule[] {
  const zone = zoneOf(options.timeZone ?? "UTC");
  return Object.values(DIALECTS).flatMap((read) => {
    try {
      return read(expression, zone, options);
    } catch (error) {
      if (error instanceof ScheduleError) return [];
      throw error;
    }
  });
}
