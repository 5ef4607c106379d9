import { createHash } from "node:crypto";
import type { SchedulePart } from "../../core/definition.ts";

/*
 * When something is due, found the slow way: every minute of the world is looked at, one by one,
 * with offsets asked of Intl. It shares nothing with packages/schedule, against which it is held.
 */

const MINUTE_MS = 60_000;
/** Offsets change on quarters of an hour. */
const QUARTER_MS = 900_000;
/** A clock set back by more than this was corrected; less is the end of summer time. */
const OVERLAP_MS_MAX = 181 * MINUTE_MS;
/** Missed minutes up to this many are made up for, as crond does. */
const SMALL_GAP_MINUTES = 4;

/** A schedule by its id, and how far its starts are spread. */
export interface Jittered {
  readonly id: string;
  readonly parts: string;
  readonly jitterMs: number;
}

export class DueOracle {
  readonly #from: number;
  readonly #until: number;
  readonly #known = new Map<string, readonly number[]>();

  /** Knows what is due in [from, until). */
  constructor(from: number, until: number) {
    this.#from = Math.floor(from / MINUTE_MS) * MINUTE_MS;
    this.#until = until;
  }

  /** Due instants in (after, to], in order; equal instants of the parts are one. */
  due(parts: string, after: number, to: number): readonly number[] {
    const all = this.#all(parts);
    return all.slice(firstAfter(all, after), firstAfter(all, to));
  }

  next(parts: string, after: number): number | null {
    const all = this.#all(parts);
    return all[firstAfter(all, after)] ?? null;
  }

  /** When what is due at `at` is to start, by the words of the documentation. */
  startAt({ id, parts, jitterMs }: Jittered, at: number): number {
    const next = this.next(parts, at) ?? Infinity;
    const room = BigInt(Math.min(jitterMs, next - at));
    const digest = createHash("sha256").update(`${id}\0${at}`).digest();
    return at + Number((BigInt(digest.readUIntBE(0, 6)) * room) >> 48n);
  }

  /** @param parts as the store keeps them: JSON text of schedule parts. */
  #all(parts: string): readonly number[] {
    const known = this.#known.get(parts);
    if (known !== undefined) return known;
    const read: readonly SchedulePart[] = JSON.parse(parts);
    const instants = new Set(read.flatMap((part) => this.#scan(part)));
    const sorted = [...instants].sort((a, b) => a - b);
    this.#known.set(parts, sorted);
    return sorted;
  }

  #scan(part: SchedulePart): number[] {
    const every = /^(\d+)(s|m)$/.exec(part.expression);
    if (part.dialect === "every" && every !== null) {
      const step = Number(every[1]) * (every[2] === "s" ? 1000 : MINUTE_MS);
      const found: number[] = [];
      for (let at = Math.ceil(this.#from / step) * step; at < this.#until; at += step)
        found.push(at);
      return found;
    }
    if (part.dialect !== "unix") throw new Error(`The oracle cannot read ${part.expression}.`);
    return this.#scanCron(part.expression, part.timeZone);
  }

  #scanCron(expression: string, timeZone: string): number[] {
    const cron = readCron(expression);
    const found: number[] = [];
    let highest = Number.NEGATIVE_INFINITY;
    for (let at = this.#from; at < this.#until; at += MINUTE_MS) {
      const offset = offsetAt(timeZone, at);
      const before = offsetAt(timeZone, at - MINUTE_MS);
      const local = at + offset;
      const skipped = (offset - before) / MINUTE_MS;
      const repeated = local <= highest && highest - local < OVERLAP_MS_MAX;
      highest = Math.max(highest, local);
      const due =
        (cron.matches(local) && !(cron.fixed && repeated)) ||
        (skipped > 0 && (cron.fixed || skipped <= SMALL_GAP_MINUTES)
          ? anySkipped(cron, local, skipped)
          : false);
      if (due) found.push(at);
    }
    return found;
  }
}

interface Cron {
  /** Has a fixed time: neither minute nor hour begins with a star. */
  readonly fixed: boolean;
  matches(local: number): boolean;
}

function anySkipped(cron: Cron, local: number, minutes: number): boolean {
  for (let back = 1; back <= minutes; back++) {
    if (cron.matches(local - back * MINUTE_MS)) return true;
  }
  return false;
}

function readCron(expression: string): Cron {
  const [minute = "*", hour = "*", day = "*", month = "*", weekday = "*"] = expression.split(" ");
  if ([day, month, weekday].some((field) => field !== "*")) {
    throw new Error(`The oracle reads minutes and hours only, not ${expression}.`);
  }
  const minutes = readField(minute, 59);
  const hours = readField(hour, 23);
  return {
    fixed: !minute.startsWith("*") && !hour.startsWith("*"),
    matches: (local) => {
      const minuteOfDay = Math.floor(local / MINUTE_MS) % 1440;
      return minutes.has(minuteOfDay % 60) && hours.has(Math.floor(minuteOfDay / 60));
    },
  };
}

function readField(field: string, high: number): ReadonlySet<number> {
  const values = new Set<number>();
  for (const item of field.split(",")) {
    const [range = "*", step = "1"] = item.split("/");
    const [first, last] = range === "*" ? [0, high] : range.split("-").map(Number);
    const from = first ?? 0;
    for (let value = from; value <= (last ?? from); value += Number(step)) values.add(value);
  }
  return values;
}

const offsets = new Map<string, Map<number, number>>();
const formats = new Map<string, Intl.DateTimeFormat>();

function offsetAt(timeZone: string, at: number): number {
  if (timeZone === "UTC") return 0;
  let known = offsets.get(timeZone);
  if (known === undefined) {
    known = new Map();
    offsets.set(timeZone, known);
  }
  const quarter = Math.floor(at / QUARTER_MS);
  let offset = known.get(quarter);
  if (offset === undefined) {
    offset = askOffset(timeZone, quarter * QUARTER_MS);
    known.set(quarter, offset);
  }
  return offset;
}

function askOffset(timeZone: string, at: number): number {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
    formats.set(timeZone, format);
  }
  const name = format.formatToParts(at).find(({ type }) => type === "timeZoneName")?.value ?? "GMT";
  const [, sign, hours, minutes] = /^GMT(?:([+-])(\d\d):(\d\d))?$/.exec(name) ?? [];
  if (hours === undefined) return 0;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * MINUTE_MS;
}

/** Index of the first that is greater than `at`. */
function firstAfter(sorted: readonly number[], at: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? Infinity) > at) high = middle;
    else low = middle + 1;
  }
  return low;
}
