import type { Finding } from "../finding.ts";
import { checkInstant, Occurrences } from "../occurrences.ts";
import type { Schedule } from "../schedule.ts";
import { type Zone, zoneOf } from "../zone.ts";

/** What is made of another schedule by leaving out or moving some of its occurrences. */
export abstract class CombinedSchedule extends Occurrences {
  readonly base: Schedule;
  readonly zone: Zone;
  /** The latest answer to `next`, and from when on it is the answer: it may have been long to find. */
  #askedFrom = Number.POSITIVE_INFINITY;
  #found: number | null = null;

  constructor(base: Schedule) {
    super();
    this.base = base;
    this.zone = zoneOf(base.timeZone);
  }

  get expression(): string {
    return this.base.expression;
  }

  get dialect(): Schedule["dialect"] {
    return this.base.dialect;
  }

  get timeZone(): string {
    return this.base.timeZone;
  }

  lint(from?: number): Finding[] {
    return this.base.lint(from);
  }

  /** `next`, for an instant that is no NaN. */
  protected abstract find(after: number): number | null;

  next(after: number): number | null {
    checkInstant(after);
    const known = after >= this.#askedFrom && (this.#found === null || after < this.#found);
    if (known) return this.#found;
    this.#found = this.find(after);
    this.#askedFrom = after;
    return this.#found;
  }

  /** The words of the base and to what it is limited; of a union, all parts are. */
  protected limitedWords(limit: string): string {
    const words = this.base.words(Number.POSITIVE_INFINITY);
    return `${words}${this.base.dialect === "union" ? "; all" : ","} ${limit}`;
  }
}
