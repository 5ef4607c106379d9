import { createHash } from "node:crypto";
import type { SchedulePart } from "../../core/definition.ts";
import { offsetAt } from "./local-time.ts";

/*
 * When something is due, found the slow way: every minute of the world is looked at, one by one,
 * with offsets asked of Intl. It shares nothing with packages/schedule, against which it is held.
 */

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
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
  /** What is due on each day that was asked about, by parts. */
  readonly #known = new Map<string, Map<number, readonly number[]>>();

  /** Knows what is due in [from, until). */
  constructor(from: number, until: number) {
    this.#from = Math.floor(from / MINUTE_MS) * MINUTE_MS;
    this.#until = until;
  }

  /** Due instants in (after, to], in order; equal instants of the parts are one. */
  due(parts: string, after: number, to: number): readonly number[] {
    const found: number[] = [];
    const last = dayOf(Math.min(to, this.#until - 1));
    for (let day = dayOf(Math.max(after, this.#from)); day <= last; day++) {
      const all = this.#dueOn(parts, day);
      for (const at of all.slice(firstAfter(all, after), firstAfter(all, to))) found.push(at);
    }
    return found;
  }

  next(parts: string, after: number): number | null {
    const last = dayOf(this.#until - 1);
    for (let day = dayOf(Math.max(after, this.#from)); day <= last; day++) {
      const all = this.#dueOn(parts, day);
      const next = all[firstAfter(all, after)];
      if (next !== undefined) return next;
    }
    return null;
  }

  /** When what is due at `at` is to start, by the words of the documentation. */
  startAt({ id, parts, jitterMs }: Jittered, at: number): number {
    const next = this.next(parts, at) ?? Infinity;
    const room = BigInt(Math.min(jitterMs, next - at));
    const digest = createHash("sha256").update(`${id}\0${at}`).digest();
    return at + Number((BigInt(digest.readUIntBE(0, 6)) * room) >> 48n);
  }

  /** Nobody is expected to ask about days before this one again; who does has it scanned anew. */
  forget(before: number): void {
    for (const [parts, days] of this.#known) {
      for (const day of days.keys()) if (day < dayOf(before)) days.delete(day);
      if (days.size === 0) this.#known.delete(parts);
    }
  }

  /** @param parts as the store keeps them: JSON text of schedule parts. */
  #dueOn(parts: string, day: number): readonly number[] {
    const days = this.#known.get(parts) ?? new Map<number, readonly number[]>();
    this.#known.set(parts, days);
    const known = days.get(day);
    if (known !== undefined) return known;
    const read: readonly SchedulePart[] = JSON.parse(parts);
    const from = Math.max(day * DAY_MS, this.#from);
    const until = Math.min((day + 1) * DAY_MS, this.#until);
    const instants = new Set(read.flatMap((part) => scan(part, from, until)));
    const sorted = [...instants].sort((a, b) => a - b);
    days.set(day, sorted);
    return sorted;
  }
}

function dayOf(at: number): number {
  return Math.floor(at / DAY_MS);
}

/** The instants of [from, until) at which a part is due. */
function scan(part: SchedulePart, from: number, until: number): number[] {
  const every = /^(\d+)(s|m)$/.exec(part.expression);
  if (part.dialect === "every" && every !== null) {
    const step = Number(every[1]) * (every[2] === "s" ? 1000 : MINUTE_MS);
    const found: number[] = [];
    for (let at = Math.ceil(from / step) * step; at < until; at += step) found.push(at);
    return found;
  }
  if (part.dialect !== "unix") throw new Error(`The oracle cannot read ${part.expression}.`);
  return scanCron(part.expression, part.timeZone, from, until);
}

function scanCron(expression: string, timeZone: string, from: number, until: number): number[] {
  const cron = readCron(expression);
  const found: number[] = [];
  let highest = Number.NEGATIVE_INFINITY;
  // Whether an hour is repeated is known from those before it.
  for (let at = from - 2 * OVERLAP_MS_MAX; at < until; at += MINUTE_MS) {
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
    if (due && at >= from) found.push(at);
  }
  return found;
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
