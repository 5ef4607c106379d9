import { CalendarSchedule } from "./calendar-schedule.ts";
import { countsTogether, countTogether, MOST_TOGETHER } from "./calendar-union.ts";
import { ScheduleError } from "./errors.ts";
import type { Finding } from "./finding.ts";
import { Occurrences } from "./occurrences.ts";
import type { Schedule } from "./schedule.ts";
import type { Zone } from "./zone.ts";

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

/** Between the expressions of the parts. */
const SEPARATOR = "; ";

/** What a union needs of its parts. */
type Part = Omit<Schedule, "dialect">;
type Group = Pick<Schedule, "count" | "between" | "matches">;

function groupsOf(parts: readonly Part[]): Group[] {
  const groups: Group[] = [];
  const byZone = new Map<Zone, CalendarSchedule<string>[]>();
  for (const part of parts.flatMap((one) => (one instanceof UnionSchedule ? one.parts : [one]))) {
    if (!(part instanceof CalendarSchedule) || !countsTogether(part.clockRule)) groups.push(part);
    else byZone.set(part.zone, [...(byZone.get(part.zone) ?? []), part]);
  }
  for (const calendars of byZone.values()) {
    for (let index = 0; index < calendars.length; index += MOST_TOGETHER) {
      groups.push(zoneGroup(calendars.slice(index, index + MOST_TOGETHER)));
    }
  }
  return groups;
}

function zoneGroup(calendars: readonly CalendarSchedule<string>[]): Group {
  const [first, ...others] = calendars;
  if (first !== undefined && others.length === 0) return first;
  const joined = new UnionSchedule(calendars);
  return {
    count: (from, to) => countTogether(calendars, from, to),
    between: (from, to) => joined.between(from, to),
    matches: (instant) => joined.matches(instant),
  };
}

class UnionSchedule extends Occurrences implements Schedule {
  readonly dialect = "union";
  readonly parts: readonly Part[];

  constructor(parts: readonly Part[]) {
    super();
    this.parts = parts;
  }

  get expression(): string {
    return this.parts.map((part) => part.expression).join(SEPARATOR);
  }

  get timeZone(): string {
    return [...new Set(this.parts.map((part) => part.timeZone))].join(", ");
  }

  next(after: number): number | null {
    let soonest: number | null = null;
    for (const part of this.parts) {
      const occurrence = part.next(after);
      if (occurrence !== null && (soonest === null || occurrence < soonest)) soonest = occurrence;
    }
    return soonest;
  }

  previous(before: number): number | null {
    let latest: number | null = null;
    for (const part of this.parts) {
      const occurrence = part.previous(before);
      if (occurrence !== null && (latest === null || occurrence > latest)) latest = occurrence;
    }
    return latest;
  }

  /**
   * Exact. Cron-like parts of one zone are counted together, day by day; then the densest of these
   * groups and of the other parts is counted, and of each further one, occurrence by occurrence,
   * what no denser one has. So the time grows with the days and with all but the densest.
   */
  count(from: number, to: number): number {
    const groups = groupsOf(this.parts)
      .map((group) => ({ group, count: group.count(from, to) }))
      .sort((a, b) => b.count - a.count);
    let total = 0;
    for (const [index, { group, count }] of groups.entries()) {
      total += count;
      if (index === 0 || count === 0) continue;
      const denser = groups.slice(0, index);
      for (const occurrence of group.between(from, to)) {
        if (denser.some((other) => other.group.matches(occurrence))) total--;
      }
    }
    return total;
  }

  words(from?: number): string {
    return this.parts.map((part) => part.words(from)).join("; and ");
  }

  lint(from?: number): Finding[] {
    let end = 0;
    return this.parts.flatMap((part) => {
      const start = end;
      end += part.expression.length + SEPARATOR.length;
      return part.lint(from).map((each) => ({ ...each, position: start + each.position }));
    });
  }
}
