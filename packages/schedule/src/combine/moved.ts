import { CALENDAR_FROM_AT, CALENDAR_TO_AT } from "../calendar.ts";
import { DAY_MS } from "../civil.ts";
import type { Finding } from "../finding.ts";
import { dayAt, startOf } from "../local-time.ts";
import type { DaySet } from "../local-times.ts";
import { checkInstant, Occurrences } from "../occurrences.ts";
import type { Schedule } from "../schedule.ts";
import { instantOfLocal } from "../zone.ts";
import type { OnSchedule } from "./on.ts";

/** An occurrence moves by so many days at most: further away it is another one. */
const MOST_DAYS = 31;

/** A schedule whose occurrences on other days move to the nearest of certain days, one way. */
export class MovedSchedule extends Occurrences {
  readonly #kept: OnSchedule;
  readonly #set: DaySet;
  readonly #way: "next" | "previous";
  /** The occurrences of the day that was looked at last. */
  #day = Number.NaN;
  #instants: readonly number[] = [];

  constructor(kept: OnSchedule, set: DaySet, way: "next" | "previous") {
    super();
    this.#kept = kept;
    this.#set = set;
    this.#way = way;
  }

  get expression(): string {
    return this.#kept.expression;
  }

  get dialect(): Schedule["dialect"] {
    return this.#kept.dialect;
  }

  get timeZone(): string {
    return this.#kept.timeZone;
  }

  words(): string {
    return `${this.#kept.words()}; else on the ${this.#way} such day`;
  }

  lint(from?: number): Finding[] {
    return this.#kept.lint(from);
  }

  next(after: number): number | null {
    const { zone, base } = this.#kept;
    const from = Math.max(checkInstant(after), CALENDAR_FROM_AT - 1);
    if (from >= CALENDAR_TO_AT) return null;
    let day = this.#first(dayAt(zone, from));
    while (day < Number.POSITIVE_INFINITY) {
      const found = this.#instantsOf(day).find((at) => at > after);
      if (found !== undefined) return found;
      const [, last] = this.#sourcesOf(day);
      const at = base.next(startOf(zone, last + 1) - 1);
      if (at === null || at >= CALENDAR_TO_AT) return null;
      day = Math.max(this.#first(day + 1), this.#earliestTarget(dayAt(zone, at)));
    }
    return null;
  }

  previous(before: number): number | null {
    const { zone, base } = this.#kept;
    const to = Math.min(checkInstant(before), CALENDAR_TO_AT);
    if (to <= CALENDAR_FROM_AT) return null;
    let day = this.#last(dayAt(zone, to));
    while (day > Number.NEGATIVE_INFINITY) {
      const found = this.#instantsOf(day).findLast((at) => at < before);
      if (found !== undefined) return found;
      const [first] = this.#sourcesOf(day);
      const at = base.previous(startOf(zone, first));
      if (at === null || at < CALENDAR_FROM_AT) return null;
      day = Math.min(this.#last(day - 1), this.#latestTarget(dayAt(zone, at)));
    }
    return null;
  }

  count(from: number, to: number): number {
    const { zone, base } = this.#kept;
    from = Math.max(checkInstant(from), CALENDAR_FROM_AT);
    to = Math.min(checkInstant(to), CALENDAR_TO_AT);
    let total = 0;
    let day = from < to ? this.#first(dayAt(zone, from)) : Number.POSITIVE_INFINITY;
    for (; day < Number.POSITIVE_INFINITY; day = this.#first(day + 1)) {
      const start = startOf(zone, day);
      if (start >= to) break;
      const [first, last] = this.#sourcesOf(day);
      if (first === last) {
        total += base.count(Math.max(from, start), Math.min(to, startOf(zone, day + 1)));
      } else {
        total += this.#instantsOf(day).filter((at) => at >= from && at < to).length;
      }
    }
    return total;
  }

  /** A day that the zone's clock left out is nobody's. */
  #first(day: number): number {
    let found = this.#set.first(day);
    while (this.#isMissing(found)) found = this.#set.first(found + 1);
    return found;
  }

  #last(day: number): number {
    let found = this.#set.last(day);
    while (this.#isMissing(found)) found = this.#set.last(found - 1);
    return found;
  }

  #isMissing(day: number): boolean {
    const { zone } = this.#kept;
    return Number.isFinite(day) && startOf(zone, day) === startOf(zone, day + 1);
  }

  /** The first of the days to which something of this day or a later one may come. */
  #earliestTarget(day: number): number {
    return this.#way === "next" ? this.#first(day) : Math.max(this.#last(day), -MOST_DAYS + day);
  }

  #latestTarget(day: number): number {
    return this.#way === "previous" ? this.#last(day) : Math.min(this.#first(day), MOST_DAYS + day);
  }

  /** From which days on to which things come to one of the days of the set. */
  #sourcesOf(day: number): readonly [first: number, last: number] {
    if (this.#way === "next") {
      return [Math.max(this.#last(day - 1) + 1, day - MOST_DAYS), day];
    }
    return [day, Math.min(this.#first(day + 1) - 1, day + MOST_DAYS)];
  }

  #instantsOf(day: number): readonly number[] {
    if (day === this.#day) return this.#instants;
    const { zone, base } = this.#kept;
    const instants = new Set<number>();
    const [first, last] = this.#sourcesOf(day);
    for (const at of base.between(startOf(zone, first), startOf(zone, last + 1))) {
      const from = dayAt(zone, at);
      const local = at + zone.spanAt(at).offsetMs;
      instants.add(from === day ? at : instantOfLocal(zone, local + (day - from) * DAY_MS));
    }
    this.#day = day;
    this.#instants = [...instants].sort((a, b) => a - b);
    return this.#instants;
  }
}
