import { DAY_MS, MINUTE_MS } from "./civil.ts";
import { type ClockRule, SKIPS_AND_ONCE, type WallClock } from "./clock-changes.ts";
import type { LocalTimes } from "./local-times.ts";
import { checkInstant, Occurrences } from "./occurrences.ts";
import type { Span, Zone } from "./zone.ts";

/** Local clocks differ from each other by less. */
const TWO_DAYS_MS = 2 * DAY_MS;

/**
 * Times of the wall clock laid over the spans of a zone, to the millisecond. What the clock skips is
 * skipped, what it shows twice is due the first time; what counts elapsed time is due both times.
 */
export abstract class LocalSchedule extends Occurrences implements WallClock {
  readonly clockRule: ClockRule = SKIPS_AND_ONCE;
  readonly expression: string;
  readonly zone: Zone;
  readonly times: LocalTimes;
  /** Whether the times depend on the clock's offset, because they count elapsed time. */
  readonly elapsed: boolean;
  readonly fromAt: number;
  readonly #toAt: number;
  /** The span of the latest answer: most questions are about the next one. */
  #span: Span | null = null;

  /** Occurrences lie in [fromAt, toAt). */
  constructor(
    expression: string,
    zone: Zone,
    times: LocalTimes,
    fromAt: number,
    toAt: number,
    elapsed: boolean,
  ) {
    super();
    this.expression = expression;
    this.zone = zone;
    this.times = times;
    this.elapsed = elapsed;
    this.fromAt = fromAt;
    this.#toAt = toAt;
  }

  get timeZone(): string {
    return this.zone.name;
  }

  get toAt(): number {
    return this.#toAt;
  }

  next(after: number): number | null {
    let from = Math.max(Math.floor(checkInstant(after)) + 1, this.fromAt);
    if (from >= this.#toAt) return null;
    let span: Span | null = this.#span;
    if (span === null || from < span.fromAt || from >= span.toAt) span = this.zone.spanAt(from);
    while (span !== null && span.fromAt < this.#toAt) {
      this.#span = span;
      const offsetMs: number = span.offsetMs;
      const end = Math.min(span.toAt, this.#toAt) + offsetMs;
      const found = this.times.first(Math.max(from + offsetMs, this.startOf(span)), end, offsetMs);
      if (found < end) return found - offsetMs;
      if (found === Infinity) return null;
      const far: number = found - offsetMs - TWO_DAYS_MS;
      if (this.elapsed || far < span.toAt) span = this.zone.spanAfter(span);
      else {
        span = far < this.#toAt ? this.zone.spanAt(far) : null;
        if (span !== null && span.toAt + span.offsetMs <= found) span = this.zone.spanAfter(span);
      }
      // Between there and what was found there is nothing, on whatever offset.
      from = this.elapsed ? (span?.fromAt ?? 0) : Math.max(span?.fromAt ?? 0, far);
    }
    return null;
  }

  previous(before: number): number | null {
    let to = Math.min(Math.ceil(checkInstant(before)), this.#toAt) - 1;
    if (to < this.fromAt) return null;
    let span: Span | null = this.zone.spanAt(to);
    while (span !== null && span.toAt > this.fromAt) {
      const offsetMs: number = span.offsetMs;
      const start = Math.max(this.startOf(span), this.fromAt + offsetMs);
      const found = this.times.last(to + offsetMs, start, offsetMs);
      if (found >= start) return found - offsetMs;
      if (found === -Infinity) return null;
      const far: number = found - offsetMs + TWO_DAYS_MS;
      if (!this.elapsed && far < span.fromAt) {
        span = far >= this.fromAt ? this.zone.spanAt(far) : null;
      } else span = this.zone.spanBefore(span);
      to = (span?.toAt ?? 0) - 1;
    }
    return null;
  }

  count(from: number, to: number): number {
    from = Math.max(Math.ceil(checkInstant(from)), this.fromAt);
    to = Math.min(Math.ceil(checkInstant(to)), this.#toAt);
    let total = 0;
    let span: Span | null = from < to ? this.zone.spanAt(from) : null;
    while (span !== null && span.fromAt < to) {
      const offsetMs: number = span.offsetMs;
      const start = Math.max(from + offsetMs, this.startOf(span));
      total += this.times.count(start, Math.min(to, span.toAt) + offsetMs, offsetMs);
      span = span.toAt < to ? this.zone.spanAfter(span) : null;
    }
    return total;
  }

  /** The first local time of a span that counts: not the second showing of an earlier one. */
  protected startOf(span: Span): number {
    const start = span.fromAt + span.offsetMs;
    return this.elapsed ? start : Math.max(start, span.freshMinute * MINUTE_MS);
  }
}
