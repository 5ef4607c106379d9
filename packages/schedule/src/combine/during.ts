import { CALENDAR_FROM_AT, CALENDAR_TO_AT } from "../calendar.ts";
import { DAY_MS, MINUTE_MS } from "../civil.ts";
import { quote, ScheduleError } from "../errors.ts";
import { checkInstant } from "../occurrences.ts";
import type { Schedule } from "../schedule.ts";
import type { Span } from "../zone.ts";
import { CombinedSchedule } from "./combined.ts";
import { refuse } from "./month-days.ts";

/**
 * The schedule between two times of day of its time zone, the second excluded: `09:00-17:00`; a window
 * may pass midnight, `22:00-06:00`.
 *
 * @throws ScheduleError with code `calendar` for a window that cannot be read, or where the schedule
 * is a union of several time zones; with code `never` where no occurrence is left.
 */
export function during(schedule: Schedule, window: string): Schedule {
  if (schedule.timeZone.includes(",")) {
    refuse("its parts have different time zones", "say of each part when it is, then unite them");
  }
  const combined = new DuringSchedule(schedule, window);
  if (combined.next(Number.NEGATIVE_INFINITY) === null) {
    throw new ScheduleError("never", `never occurs: none of its times is in ${quote(window)}`, {
      length: schedule.expression.length,
      hint: "look at its hours and the window together",
    });
  }
  return combined;
}

class DuringSchedule extends CombinedSchedule {
  readonly #window: string;
  /** Of the day, ms. */
  readonly #from: number;
  readonly #to: number;

  constructor(base: Schedule, window: string) {
    super(base);
    this.#window = window.trim();
    const [, ...digits] =
      /^([01]\d|2[0-3]):([0-5]\d)\s*-\s*(\d\d):([0-5]\d)$/.exec(this.#window) ?? [];
    const [fromHour = 0, fromMinute = 0, toHour = 25, toMinute = 0] = digits.map(Number);
    this.#from = (fromHour * 60 + fromMinute) * MINUTE_MS;
    this.#to = (toHour * 60 + toMinute) * MINUTE_MS;
    if (this.#to > DAY_MS || this.#from === this.#to) {
      refuse(`${quote(window)} is no window`, "write two times of day, for example 09:00-17:00");
    }
  }

  words(): string {
    const [from, to] = this.#window.split("-");
    return this.limitedWords(`only from ${from?.trim()} to before ${to?.trim()}`);
  }

  protected override find(after: number): number | null {
    let at = this.base.next(Math.max(after, CALENDAR_FROM_AT - 1));
    while (at !== null && at < CALENDAR_TO_AT) {
      const { offsetMs, toAt }: Span = this.zone.spanAt(at);
      const day = Math.floor((at + offsetMs) / DAY_MS);
      const ofDay = at + offsetMs - day * DAY_MS;
      if (this.#holds(ofDay)) return at;
      const opensOn = ofDay < this.#from ? day : day + 1;
      const opensAt = opensOn * DAY_MS + this.#from - offsetMs;
      // Unless the clock is changed before it opens: then it is looked at anew.
      at = this.base.next(Math.min(opensAt, toAt) - 1);
    }
    return null;
  }

  previous(before: number): number | null {
    let at = this.base.previous(Math.min(checkInstant(before), CALENDAR_TO_AT));
    while (at !== null && at >= CALENDAR_FROM_AT) {
      const { offsetMs, fromAt }: Span = this.zone.spanAt(at);
      const day = Math.floor((at + offsetMs) / DAY_MS);
      const ofDay = at + offsetMs - day * DAY_MS;
      if (this.#holds(ofDay)) return at;
      const closesOn = ofDay >= this.#to ? day : day - 1;
      const closesAt = closesOn * DAY_MS + this.#to - offsetMs;
      at = this.base.previous(Math.max(closesAt, fromAt));
    }
    return null;
  }

  count(from: number, to: number): number {
    from = Math.max(checkInstant(from), CALENDAR_FROM_AT);
    to = Math.min(checkInstant(to), CALENDAR_TO_AT);
    let total = 0;
    let span: Span | null = from < to ? this.zone.spanAt(from) : null;
    while (span !== null && span.fromAt < to) {
      total += this.#countIn(Math.max(from, span.fromAt), Math.min(to, span.toAt), span.offsetMs);
      span = this.zone.spanAfter(span);
    }
    return total;
  }

  /** Between two instants with the same offset. */
  #countIn(from: number, to: number, offsetMs: number): number {
    const length = this.#to > this.#from ? this.#to - this.#from : DAY_MS + this.#to - this.#from;
    let total = 0;
    for (let day = Math.floor((from + offsetMs) / DAY_MS) - 1; ; day++) {
      const start = day * DAY_MS + this.#from - offsetMs;
      if (start >= to) return total;
      if (start + length > from) {
        total += this.base.count(Math.max(from, start), Math.min(to, start + length));
      }
    }
  }

  #holds(ofDay: number): boolean {
    return this.#from < this.#to
      ? ofDay >= this.#from && ofDay < this.#to
      : ofDay >= this.#from || ofDay < this.#to;
  }
}
