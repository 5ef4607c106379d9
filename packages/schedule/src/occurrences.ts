import type { Finding } from "./finding.ts";

/**
 * When something is due: a set of instants, in milliseconds since the epoch. All that another
 * implementation needs are `next`, `previous` and `count`.
 */
export abstract class Occurrences {
  abstract readonly expression: string;
  abstract readonly dialect: string;
  abstract readonly timeZone: string;
  abstract next(after: number): number | null;
  abstract previous(before: number): number | null;
  abstract count(from: number, to: number): number;
  abstract words(from?: number): string;
  abstract lint(from?: number): Finding[];

  *between(from: number, to: number): Generator<number, void, undefined> {
    checkInstant(to);
    let occurrence = this.#firstFrom(from);
    while (occurrence !== null && occurrence < to) {
      yield occurrence;
      occurrence = this.next(occurrence);
    }
  }

  matches(instant: number): boolean {
    return this.#firstFrom(instant) === instant;
  }

  // Occurrences are whole milliseconds, so one millisecond before is just before.
  #firstFrom(instant: number): number | null {
    return this.next(Math.ceil(checkInstant(instant)) - 1);
  }
}

/** @throws RangeError for what is not a number; the infinities are taken as the ends of time. */
export function checkInstant(instant: number): number {
  if (typeof instant !== "number" || Number.isNaN(instant)) {
    throw new RangeError("an instant is a number of milliseconds since 1970-01-01T00:00:00Z");
  }
  return instant;
}
