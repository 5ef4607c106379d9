import { ScheduleError } from "./errors.ts";
import type { Finding } from "./finding.ts";
import { Occurrences } from "./occurrences.ts";
import type { Schedule } from "./schedule.ts";

/**
 * The schedules as one: equal instants are one occurrence. `next` and `previous` ask each part.
 * @throws ScheduleError with code `never` for no schedules at all.
 */
export function union(schedules: readonly Schedule[]): Schedule {
  const [first, ...others] = schedules;
  if (first === undefined) {
    throw new ScheduleError("never", "a union of no schedules never fires", {
      hint: "give at least one schedule",
    });
  }
  return others.length === 0 ? first : new UnionSchedule(schedules);
}

class UnionSchedule extends Occurrences implements Schedule {
  readonly dialect = "union";
  readonly #parts: readonly Schedule[];

  constructor(parts: readonly Schedule[]) {
    super();
    this.#parts = parts;
  }

  get expression(): string {
    return this.#parts.map((part) => part.expression).join("; ");
  }

  get timeZone(): string {
    return [...new Set(this.#parts.map((part) => part.timeZone))].join(", ");
  }

  next(after: number): number | null {
    let soonest: number | null = null;
    for (const part of this.#parts) {
      const occurrence = part.next(after);
      if (occurrence !== null && (soonest === null || occurrence < soonest)) soonest = occurrence;
    }
    return soonest;
  }

  previous(before: number): number | null {
    let latest: number | null = null;
    for (const part of this.#parts) {
      const occurrence = part.previous(before);
      if (occurrence !== null && (latest === null || occurrence > latest)) latest = occurrence;
    }
    return latest;
  }

  /**
   * The densest part is counted; of each other part those occurrences are added that no denser part
   * has, one by one.
   */
  count(from: number, to: number): number {
    const parts = this.#parts
      .map((part) => ({ part, count: part.count(from, to) }))
      .sort((a, b) => b.count - a.count);
    let total = 0;
    for (const [index, { part, count }] of parts.entries()) {
      total += count;
      if (index === 0 || count === 0) continue;
      const denser = parts.slice(0, index);
      for (const occurrence of part.between(from, to)) {
        if (denser.some((other) => other.part.matches(occurrence))) total--;
      }
    }
    return total;
  }

  words(): string {
    return this.#parts.map((part) => part.words()).join("; and ");
  }

  lint(from?: number): Finding[] {
    return this.#parts.flatMap((part) => part.lint(from));
  }
}
