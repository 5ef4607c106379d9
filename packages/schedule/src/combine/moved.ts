import { CALENDAR_FROM_AT, CALENDAR_TO_AT } from "../calendar.ts";
import { CalendarSchedule } from "../calendar-schedule.ts";
import { DAY_MS } from "../civil.ts";
import type { DaySet } from "../day-set.ts";
import type { Finding } from "../finding.ts";
import { dayAt, startOf } from "../local-time.ts";
import { checkInstant } from "../occurrences.ts";
import { SecondSchedule } from "../second-schedule.ts";
import { instantOfLocal, type Zone } from "../zone.ts";
import { CombinedSchedule } from "./combined.ts";
import type { OnSchedule } from "./on.ts";

/** An occurrence moves by so many days at most: further away it is another one. */
const MOST_DAYS = 31;

/** The days whose occurrences come to one day, which is the first or the last of them. */
interface Sources {
  readonly day: number;
  readonly first: number;
  readonly last: number;
  /** When the day itself begins and ends. */
  readonly start: number;
  readonly end: number;
  /** Of all days but the day itself. */
  readonly pieces: readonly Piece[];
}

/** A stretch of one local day without a clock change, [from, to). */
interface Piece {
  readonly from: number;
  readonly to: number;
  /** From its instants to the local times at which they come on the other day. */
  readonly shiftMs: number;
}

/** A schedule whose occurrences on other days move to the nearest of certain days, one way. */
export class MovedSchedule extends CombinedSchedule {
  readonly #kept: OnSchedule;
  readonly #set: DaySet;
  readonly #way: "next" | "previous";
  /** The latest answer: most questions are about the same day. */
  #sources: Sources = { day: Number.NaN, first: 0, last: 0, start: 0, end: 0, pieces: [] };

  constructor(kept: OnSchedule, set: DaySet, way: "next" | "previous") {
    super(kept.base);
    this.#kept = kept;
    this.#set = set;
    this.#way = way;
  }

  words(): string {
    return `${this.#kept.words()}; else on the ${this.#way} such day`;
  }

  override lint(from?: number): Finding[] {
    return this.#kept.lint(from);
  }

  protected override find(after: number): number | null {
    const { zone, base } = this;
    const from = Math.max(after, CALENDAR_FROM_AT - 1);
    if (from >= CALENDAR_TO_AT) return null;
    let day = this.#first(dayAt(zone, from));
    while (day < Number.POSITIVE_INFINITY) {
      const found = this.#firstOf(day, from);
      if (found !== null) return found < CALENDAR_TO_AT ? found : null;
      const at = base.next(startOf(zone, this.#sourcesOf(day).last + 1) - 1);
      if (at === null || at >= CALENDAR_TO_AT) return null;
      day = Math.max(this.#first(day + 1), this.#earliestTarget(dayAt(zone, at)));
    }
    return null;
  }

  previous(before: number): number | null {
    const { zone, base } = this;
    const to = Math.min(checkInstant(before), CALENDAR_TO_AT);
    if (to <= CALENDAR_FROM_AT) return null;
    let day = this.#last(dayAt(zone, to));
    while (day > Number.NEGATIVE_INFINITY) {
      const found = this.#lastOf(day, to);
      if (found !== null) return found >= CALENDAR_FROM_AT ? found : null;
      const at = base.previous(startOf(zone, this.#sourcesOf(day).first));
      if (at === null || at < CALENDAR_FROM_AT) return null;
      day = Math.min(this.#last(day - 1), this.#latestTarget(dayAt(zone, at)));
    }
    return null;
  }

  /** Days to which nothing moves, and to which whole days of the same times move, are reckoned. */
  count(from: number, to: number): number {
    const { zone, base } = this;
    from = Math.max(checkInstant(from), CALENDAR_FROM_AT);
    to = Math.min(checkInstant(to), CALENDAR_TO_AT);
    let total = 0;
    // What the clock's change drives out of a day is due on the one after it, and maybe there, too.
    let counted = Math.ceil(from) - 1;
    let day = from < to ? this.#first(dayAt(zone, from) - 1) : Number.POSITIVE_INFINITY;
    for (; day < Number.POSITIVE_INFINITY; day = this.#first(day + 1)) {
      const { start, end, pieces } = this.#sourcesOf(day);
      if (start >= to) break;
      if (pieces.length === 0) {
        total += base.count(Math.max(counted + 1, start), Math.min(to, end));
      } else if (start > counted && end <= to && this.#isRegular(day)) {
        const counts = pieces.map((piece) => base.count(piece.from, piece.to));
        total += Math.max(base.count(start, end), ...counts);
      } else {
        let at = this.#firstOf(day, counted);
        for (; at !== null && at < to; at = this.#firstOf(day, at)) {
          counted = at;
          total++;
        }
      }
    }
    return total;
  }

  /** The first that is due on a day and after an instant. */
  #firstOf(day: number, after: number): number | null {
    const { zone, base } = this;
    const { start, end, pieces } = this.#sourcesOf(day);
    const own = base.next(Math.max(start - 1, after)) ?? Number.POSITIVE_INFINITY;
    let soonest = own < end ? own : Number.POSITIVE_INFINITY;
    const shown = after < start ? Number.NEGATIVE_INFINITY : latestShown(zone, after);
    // The base has none before it, as far as has been asked.
    let known = Number.NEGATIVE_INFINITY;
    for (const { from, to, shiftMs } of pieces) {
      const past = Math.max(from - 1, shown - shiftMs);
      if (to <= known || past >= to) continue;
      known = base.next(past) ?? Number.POSITIVE_INFINITY;
      if (known < to) soonest = Math.min(soonest, instantOfLocal(zone, known + shiftMs));
    }
    return soonest < Number.POSITIVE_INFINITY ? soonest : null;
  }

  /** The last that is due on a day and before an instant. */
  #lastOf(day: number, before: number): number | null {
    const { zone, base } = this;
    const { start, end, pieces } = this.#sourcesOf(day);
    const own = base.previous(Math.min(end, before)) ?? Number.NEGATIVE_INFINITY;
    let latest = own >= start ? own : Number.NEGATIVE_INFINITY;
    const upTo = Math.ceil(before) - 1;
    const shown = upTo >= end ? Number.POSITIVE_INFINITY : latestShown(zone, upTo);
    let known = Number.POSITIVE_INFINITY;
    for (const { from, to, shiftMs } of pieces.toReversed()) {
      const past = Math.min(to, shown - shiftMs + 1);
      if (from > known || past <= from) continue;
      known = base.previous(past) ?? Number.NEGATIVE_INFINITY;
      if (known >= from) latest = Math.max(latest, instantOfLocal(zone, known + shiftMs));
    }
    return latest > Number.NEGATIVE_INFINITY ? latest : null;
  }

  /** Whether each day that comes to this one has all of the same times of day, or none. */
  #isRegular(day: number): boolean {
    const { zone, base } = this;
    if (!(base instanceof CalendarSchedule || base instanceof SecondSchedule)) return false;
    const { first, last } = this.#sourcesOf(day);
    const start = startOf(zone, first);
    const { fromAt, toAt } = zone.spanAt(start);
    return start - fromAt >= DAY_MS && startOf(zone, last + 1) < toAt;
  }

  /** A day that the zone's clock left out is nobody's. */
  #first(day: number): number {
    let found = this.#set.firstDay(day);
    while (this.#isMissing(found)) found = this.#set.firstDay(found + 1);
    return found;
  }

  #last(day: number): number {
    let found = this.#set.lastDay(day);
    while (this.#isMissing(found)) found = this.#set.lastDay(found - 1);
    return found;
  }

  #isMissing(day: number): boolean {
    const { zone } = this;
    return Number.isFinite(day) && startOf(zone, day) === startOf(zone, day + 1);
  }

  /** The first of the days to which something of this day or a later one may come. */
  #earliestTarget(day: number): number {
    const last = this.#last(day);
    return this.#way === "previous" && day - last <= MOST_DAYS ? last : this.#first(day);
  }

  /** The last of the days to which something of this day or an earlier one may come. */
  #latestTarget(day: number): number {
    const first = this.#first(day);
    return this.#way === "next" && first - day <= MOST_DAYS ? first : this.#last(day);
  }

  #sourcesOf(day: number): Sources {
    if (day === this.#sources.day) return this.#sources;
    const { zone } = this;
    let [first, last] = [day, day];
    if (this.#way === "next") first = Math.max(this.#last(day - 1) + 1, day - MOST_DAYS);
    else last = Math.min(this.#first(day + 1) - 1, day + MOST_DAYS);
    const [start, end] = [startOf(zone, day), startOf(zone, day + 1)];
    const pieces =
      this.#way === "next"
        ? piecesOf(zone, startOf(zone, first), start, day)
        : piecesOf(zone, end, startOf(zone, last + 1), day);
    this.#sources = { day, first, last, start, end, pieces };
    return this.#sources;
  }
}

function piecesOf(zone: Zone, from: number, to: number, day: number): readonly Piece[] {
  const pieces: Piece[] = [];
  for (let at = from; at < to; at = pieces.at(-1)?.to ?? to) {
    const { offsetMs, toAt } = zone.spanAt(at);
    const own = Math.floor((at + offsetMs) / DAY_MS);
    const end = Math.min(to, toAt, (own + 1) * DAY_MS - offsetMs);
    pieces.push({ from: at, to: end, shiftMs: offsetMs + (day - own) * DAY_MS });
  }
  return pieces;
}

/** The latest local time that a clock has shown up to an instant: before it was set back, maybe. */
function latestShown(zone: Zone, instant: number): number {
  const span = zone.spanAt(instant);
  const before = zone.spanBefore(span);
  const shown = before === null ? Number.NEGATIVE_INFINITY : before.toAt - 1 + before.offsetMs;
  return Math.max(instant + span.offsetMs, shown);
}
