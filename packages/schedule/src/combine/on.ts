import { CALENDAR_FROM_AT, CALENDAR_TO_AT } from "../calendar.ts";
import { DAY_MS, dateText } from "../civil.ts";
import type { DaySet } from "../day-set.ts";
import { quote, ScheduleError } from "../errors.ts";
import { type Finding, finding, LINT_FROM_AT, wholeOf } from "../finding.ts";
import { dayAt, startOf } from "../local-time.ts";
import { checkInstant } from "../occurrences.ts";
import type { Schedule } from "../schedule.ts";
import { CombinedSchedule } from "./combined.ts";
import { type Days, daySetOf, lastListed } from "./days.ts";
import { daysWords } from "./days-words.ts";
import { refuse } from "./month-days.ts";
import { MovedSchedule } from "./moved.ts";

export interface OnOptions {
  /**
   * What becomes of an occurrence on another day: it is left out (`skip`, unless told), or it comes
   * at the same local time of the next or the previous day that is one of them, at most 31 days
   * from its own. Where it meets another one there, they are one.
   */
  readonly otherwise?: "skip" | "next" | "previous";
}

/**
 * The schedule on certain days only; days are those of its time zone.
 *
 * @throws ScheduleError with code `calendar` for days that cannot be read, or where the schedule is a
 * union of several time zones; with code `never` where no occurrence is left.
 */
export function on(schedule: Schedule, days: Days, options: OnOptions = {}): Schedule {
  if (schedule.timeZone.includes(",")) {
    refuse(
      "its parts have different time zones",
      "say of each part on which days it is, then unite them",
    );
  }
  const { otherwise = "skip" } = options;
  // Options may come from where no compiler has looked.
  if (!/^(skip|next|previous)$/.test(otherwise)) {
    refuse(`otherwise cannot be ${quote(String(otherwise))}`, "use skip, next or previous");
  }
  const combined =
    otherwise === "skip"
      ? new OnSchedule(schedule, days)
      : new MovedSchedule(new OnSchedule(schedule, days), daySetOf(days), otherwise);
  if (combined.next(Number.NEGATIVE_INFINITY) === null) {
    throw new ScheduleError("never", `never occurs: it is never on ${daysWords(days)}`, {
      length: schedule.expression.length,
      hint: "look at its days and these together",
    });
  }
  return combined;
}

/**
 * The schedule on all days but these, such as holidays.
 *
 * @throws ScheduleError as `on`.
 */
export function except(schedule: Schedule, days: Days, options: OnOptions = {}): Schedule {
  return on(schedule, { except: days }, options);
}

/** Warned so long before a list of dates is at its end. */
const LIST_ENDS_MS = 60 * DAY_MS;

export class OnSchedule extends CombinedSchedule {
  readonly days: Days;
  readonly #set: DaySet;

  constructor(base: Schedule, days: Days) {
    super(base);
    this.days = days;
    this.#set = daySetOf(days);
  }

  protected override find(after: number): number | null {
    let at = this.base.next(after);
    while (at !== null && at < CALENDAR_TO_AT) {
      const day = dayAt(this.zone, at);
      const found = this.#set.firstDay(day);
      if (found === day) return at;
      if (found === Number.POSITIVE_INFINITY) return null;
      at = this.base.next(Math.max(at, startOf(this.zone, found) - 1));
    }
    return null;
  }

  previous(before: number): number | null {
    let at = this.base.previous(before);
    while (at !== null && at >= CALENDAR_FROM_AT) {
      const day = dayAt(this.zone, at);
      const found = this.#set.lastDay(day);
      if (found === day) return at;
      if (found === Number.NEGATIVE_INFINITY) return null;
      at = this.base.previous(Math.min(at, startOf(this.zone, found + 1)));
    }
    return null;
  }

  /** Counts what each run of days holds. */
  count(from: number, to: number): number {
    from = Math.max(checkInstant(from), CALENDAR_FROM_AT);
    to = Math.min(checkInstant(to), CALENDAR_TO_AT);
    let total = 0;
    let day = from < to ? this.#set.firstDay(dayAt(this.zone, from)) : Number.POSITIVE_INFINITY;
    while (day < Number.POSITIVE_INFINITY) {
      const start = startOf(this.zone, day);
      if (start >= to) break;
      let end = day + 1;
      while (this.#set.firstDay(end) === end) end++;
      total += this.base.count(Math.max(from, start), Math.min(to, startOf(this.zone, end)));
      day = this.#set.firstDay(end);
    }
    return total;
  }

  words(): string {
    const { weekdays, dates, except: without, nth } = this.days;
    const onlyWithout = weekdays === undefined && dates === undefined && nth === undefined;
    const which =
      onlyWithout && without !== undefined
        ? `except on ${daysWords(without)}`
        : `only on ${daysWords(this.days)}`;
    return this.limitedWords(which);
  }

  override lint(from?: number): Finding[] {
    const findings = super.lint(from);
    const last = lastListed(this.days);
    const soonAt = (from ?? LINT_FROM_AT) + LIST_ENDS_MS;
    if (last === null || startOf(this.zone, last) > soonAt) return findings;
    const message = `its list of dates ends on ${dateText(last)}: add those to come`;
    return [...findings, finding("list-ends", "warning", message, wholeOf(this.expression))];
  }
}
