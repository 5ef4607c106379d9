import { bitCount, firstFrom, lastUpTo } from "./bits.ts";
import type { CalendarSchedule } from "./calendar-schedule.ts";
import { MINUTE_MS } from "./civil.ts";
import type { Finding } from "./finding.ts";
import { checkInstant, Occurrences } from "./occurrences.ts";
import { secondWords } from "./words/calendar-words.ts";

/** Seconds of a minute as bits: 0 to 29, and 30 to 59. */
export interface Seconds {
  readonly secondsLow: number;
  readonly secondsHigh: number;
}

/**
 * Some seconds of each minute of a schedule. Its minutes begin at least 60 s apart, as they do
 * everywhere since 1970: no clock has been changed within a minute since.
 */
export class SecondSchedule<Name extends string> extends Occurrences implements Seconds {
  readonly minutes: CalendarSchedule<Name>;
  readonly secondsLow: number;
  readonly secondsHigh: number;
  /** The minute of the latest answer: most questions are about the next one. */
  #minuteAt = -Infinity;

  constructor(minutes: CalendarSchedule<Name>, { secondsLow, secondsHigh }: Seconds) {
    super();
    this.minutes = minutes;
    this.secondsLow = secondsLow;
    this.secondsHigh = secondsHigh;
  }

  get expression(): string {
    return this.minutes.expression;
  }

  get dialect(): Name {
    return this.minutes.dialect;
  }

  get timeZone(): string {
    return this.minutes.timeZone;
  }

  words(from?: number): string {
    return secondWords(this.secondsLow, this.secondsHigh, this.minutes.words(from));
  }

  lint(from?: number): Finding[] {
    return this.minutes.lint(from);
  }

  next(after: number): number | null {
    checkInstant(after);
    const known = after >= this.#minuteAt && after < this.#minuteAt + MINUTE_MS;
    const minuteAt = known ? this.#minuteAt : this.minutes.previous(after + 1);
    if (minuteAt !== null) {
      const second = this.#firstSecond(Math.floor((after - minuteAt) / 1000) + 1);
      if (second !== null) return this.#answer(minuteAt, second);
    }
    const nextAt = this.minutes.next(after);
    return nextAt === null ? null : this.#answer(nextAt, this.#firstSecond(0) ?? 0);
  }

  previous(before: number): number | null {
    let minuteAt = this.minutes.previous(before);
    if (minuteAt === null) return null;
    let second = this.#lastSecond(Math.ceil((before - minuteAt) / 1000) - 1);
    if (second === null) {
      minuteAt = this.minutes.previous(minuteAt);
      second = this.#lastSecond(59);
    }
    return minuteAt === null || second === null ? null : minuteAt + second * 1000;
  }

  count(from: number, to: number): number {
    if (checkInstant(from) >= checkInstant(to)) return 0;
    const perMinute = bitCount(this.secondsLow) + bitCount(this.secondsHigh);
    const whole = this.minutes.count(from, to) * perMinute;
    return whole + this.#countRest(from) - this.#countRest(to);
  }

  /** How many seconds at or after an instant belong to the minute that began before it. */
  #countRest(instant: number): number {
    const minuteAt = this.minutes.previous(instant);
    if (minuteAt === null || !(instant - minuteAt < MINUTE_MS)) return 0;
    const first = Math.ceil((instant - minuteAt) / 1000);
    return (
      bitCount(this.secondsLow & fromBit(first)) + bitCount(this.secondsHigh & fromBit(first - 30))
    );
  }

  #answer(minuteAt: number, second: number): number {
    this.#minuteAt = minuteAt;
    return minuteAt + second * 1000;
  }

  #firstSecond(from: number): number | null {
    const second = from > 59 ? -1 : firstFrom(this.secondsLow, this.secondsHigh, from);
    return second < 0 ? null : second;
  }

  #lastSecond(upTo: number): number | null {
    const second = lastUpTo(this.secondsLow, this.secondsHigh, Math.min(upTo, 59));
    return second < 0 ? null : second;
  }
}

/** All bits of a half minute from one on. */
function fromBit(bit: number): number {
  if (bit <= 0) return -1;
  return bit >= 30 ? 0 : -1 << bit;
}
