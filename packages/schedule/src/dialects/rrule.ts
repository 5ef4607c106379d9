import { CALENDAR_FROM_AT, CALENDAR_TO_AT } from "../calendar.ts";
import { DAY_MS, firstDayOfMonth, LAST_YEAR, monthOfDay, weekdayOf, yearOfDay } from "../civil.ts";
import { ScheduleError } from "../errors.ts";
import type { Finding } from "../finding.ts";
import { lintRule } from "../lint/rule-findings.ts";
import { pastFindings } from "../lint/schedule-findings.ts";
import { LocalSchedule } from "../local-schedule.ts";
import { localText, readInstant } from "../local-time.ts";
import { DailyTimes, type LocalTimes, TimeList, TimeProduct } from "../local-times.ts";
import { checkInstant, Occurrences } from "../occurrences.ts";
import { clockWords } from "../words/clock-words.ts";
import * as say from "../words/english.ts";
import { ruleWords } from "../words/rule-words.ts";
import type { Zone } from "../zone.ts";
import { type Component, readComponent } from "./rrule-component.ts";
import { RuleDays } from "./rrule-days.ts";
import type { RuleParts } from "./rrule-reader.ts";
import { SteppedTimes } from "./rrule-steps.ts";
import { chosen, PeriodTimes } from "./rrule-times.ts";

/*
 * Recurrence sets of RFC 5545: DTSTART, RRULE, RDATE and EXDATE. Times are those of the zone's wall
 * clock. A time of the rule that the clock skips is left out and not counted (3.3.10, "MUST be
 * ignored"), one that it shows twice is due the first time (3.3.5). Steps of minutes and seconds
 * are elapsed time.
 */

/** A fixed offset needs no table of clock changes, so its rules go on for longer. */
const LAST_FIXED_YEAR = 2999;

/** As many occurrences as are quicker walked through than reckoned. */
const FEW = 100;
const END_OF_RULES = firstDayOfMonth(LAST_FIXED_YEAR + 1, 0) * DAY_MS;

/** @throws ScheduleError for what RFC 5545 excludes, and with code `never` for what cannot occur. */
export function parseRrule(
  expression: string,
  zone: Zone,
  anchor: number | string | undefined,
): Occurrences & { readonly dialect: "rrule" } {
  const component = readComponent(expression, zone, startOf(anchor, zone));
  const schedule =
    component.rule === null
      ? new DatedSchedule(expression, component, null)
      : schedulesOf(expression, component, component.rule);
  if (schedule.next(Number.NEGATIVE_INFINITY) === null) {
    throw new ScheduleError("never", "never occurs: no time fits all parts of the rule", {
      length: expression.length,
      hint: "look at its BY parts, UNTIL, INTERVAL and EXDATE together",
    });
  }
  return schedule;
}

function startOf(anchor: number | string | undefined, zone: Zone): number | null {
  if (anchor === undefined) return null;
  const at = typeof anchor === "string" ? readInstant(anchor, zone) : anchor;
  if (!Number.isSafeInteger(at) || at < CALENDAR_FROM_AT || at >= CALENDAR_TO_AT) {
    throw new ScheduleError("instant", "the anchor is not an instant of the years 1900 to 2199", {
      hint: "give whole milliseconds since 1970-01-01T00:00Z, or a text such as 2026-12-01T09:00",
    });
  }
  return Math.floor((at + zone.spanAt(at).offsetMs) / 1000) * 1000;
}

function schedulesOf(
  expression: string,
  component: Component,
  rule: RuleParts,
): RuleSchedule | DatedSchedule {
  const endless = new RuleSchedule(expression, component, rule, Number.POSITIVE_INFINITY);
  const { count } = rule;
  const limited =
    count === null ? endless : new RuleSchedule(expression, component, rule, endOf(endless, count));
  const { added, removed } = component;
  const plain = added.length === 0 && removed.size === 0;
  return plain ? limited : new DatedSchedule(expression, component, limited);
}

/** Just after the `count`th occurrence: a window is widened until it has so many, then halved. */
function endOf(schedule: LocalSchedule, count: number): number {
  const first = schedule.next(Number.NEGATIVE_INFINITY);
  if (first === null) return Number.POSITIVE_INFINITY;
  if (count <= FEW) {
    let last: number | null = first;
    for (let left = count; left > 1 && last !== null; left--) last = schedule.next(last);
    return last === null ? Number.POSITIVE_INFINITY : last + 1;
  }
  let from = first;
  let left = count;
  let width = DAY_MS;
  let to = from + width;
  for (let found = schedule.count(from, to); found < left; found = schedule.count(from, to)) {
    if (to > END_OF_RULES) return Number.POSITIVE_INFINITY;
    left -= found;
    from = to;
    width *= 2;
    to = from + width;
  }
  while (to - from > 1) {
    const middle = Math.floor((from + to) / 2);
    const found = schedule.count(from, middle);
    if (found >= left) to = middle;
    else {
      left -= found;
      from = middle;
    }
  }
  return to;
}

/** The rule with what it takes from the start where it says nothing (RFC 5545, 3.3.10). */
function filledIn(rule: RuleParts, startMs: number): RuleParts {
  const day = Math.floor(startMs / DAY_MS);
  const year = yearOfDay(day);
  const month = monthOfDay(day, year);
  const { frequency } = rule;
  const date = [day - firstDayOfMonth(year, month) + 1];
  const anyDay =
    rule.weeks === null && rule.yearDays === null && rule.monthDays === null && rule.days === null;
  const filled = { ...rule };
  if (frequency === "WEEKLY" && rule.days === null) {
    filled.days = [{ weekday: weekdayOf(day), ordinal: 0 }];
  } else if (anyDay && (frequency === "MONTHLY" || frequency === "YEARLY")) {
    filled.monthDays = date;
    if (frequency === "YEARLY") filled.months = rule.months ?? [month + 1];
  }
  const seconds = Math.floor((startMs - day * DAY_MS) / 1000);
  if (frequency !== "SECONDLY") filled.seconds = rule.seconds ?? [seconds % 60];
  if (frequency !== "SECONDLY" && frequency !== "MINUTELY") {
    filled.minutes = rule.minutes ?? [Math.floor(seconds / 60) % 60];
    if (frequency !== "HOURLY") filled.hours = rule.hours ?? [Math.floor(seconds / 3600)];
  }
  return filled;
}

function timesOf(rule: RuleParts, { startMs, startAt, zone }: Component, last: number): LocalTimes {
  const { hours, minutes, seconds, positions, frequency, interval, weekStart } = filledIn(
    rule,
    startMs,
  );
  const startDay = Math.floor(startMs / DAY_MS);
  const year = yearOfDay(startDay);
  const days = new RuleDays(
    filledIn(rule, startMs),
    startDay,
    year,
    monthOfDay(startDay, year),
    last,
  );
  const parts = (seconds ?? []).map((second) => Math.min(second, 59) * 1000);
  const stepped = (unitMs: number, all: readonly number[]): LocalTimes => {
    const kept = positions === null ? all : chosen(positions, all.length).map((at) => all[at] ?? 0);
    const { offsetMs } = zone.spanAt(startAt);
    const filter = { days, hours, minutes, seconds };
    return new SteppedTimes(unitMs, interval, startMs, offsetMs, filter, kept);
  };
  if (frequency === "SECONDLY") return stepped(1000, [0]);
  if (frequency === "MINUTELY") return stepped(60_000, parts);
  if (frequency === "HOURLY") {
    return stepped(
      3_600_000,
      (minutes ?? []).flatMap((m) => parts.map((ms) => m * 60_000 + ms)),
    );
  }
  const times = new TimeProduct(hours ?? [], minutes ?? [], parts);
  if (positions === null) return new DailyTimes(days, times);
  if (frequency === "DAILY") {
    return new DailyTimes(
      days,
      new TimeList(chosen(positions, times.size).map((i) => times.at(i))),
    );
  }
  return new PeriodTimes(days, times, positions, frequency, weekStart);
}

function lastYearOf(rule: RuleParts, zone: Zone): number {
  const stepped = /^(HOUR|MINUTE|SECOND)LY$/.test(rule.frequency);
  return stepped || zone.spanAfter(zone.spanAt(0)) !== null ? LAST_YEAR : LAST_FIXED_YEAR;
}

class RuleSchedule extends LocalSchedule {
  readonly dialect = "rrule";
  readonly #component: Component;
  readonly #rule: RuleParts;

  constructor(expression: string, component: Component, rule: RuleParts, endAt: number) {
    const { zone, startAt, untilAt } = component;
    const lastYear = lastYearOf(rule, zone);
    const elapsed = rule.frequency === "MINUTELY" || rule.frequency === "SECONDLY";
    const toAt = Math.min(firstDayOfMonth(lastYear + 1, 0) * DAY_MS, untilAt + 1, endAt);
    super(expression, zone, timesOf(rule, component, lastYear), startAt, toAt, elapsed);
    this.#component = component;
    this.#rule = rule;
  }

  /** Without its range. */
  get sentence(): string {
    return ruleWords(this.#rule, filledIn(this.#rule, this.#component.startMs));
  }

  words(from?: number): string {
    const range = rangeWords(this.#component);
    return `${this.sentence}, ${range}, ${this.timeZone}${clockWords(this, from)}`;
  }

  lint(from?: number): Finding[] {
    const filled = filledIn(this.#rule, this.#component.startMs);
    return lintRule(this, this.#rule, filled, from);
  }
}

/** A rule, if there is one, with dates added and others removed. */
class DatedSchedule extends Occurrences {
  readonly dialect = "rrule";
  readonly expression: string;
  readonly #component: Component;
  readonly #rule: RuleSchedule | null;
  /** Sorted, none of them removed or of the rule. */
  readonly #added: readonly number[];
  /** Sorted, all of the rule. */
  readonly #removed: readonly number[];

  constructor(expression: string, component: Component, rule: RuleSchedule | null) {
    super();
    this.expression = expression;
    this.#component = component;
    this.#rule = rule;
    const { removed, startAt } = component;
    const dates = new Set(rule === null ? [startAt, ...component.added] : component.added);
    this.#added = [...dates]
      .filter((at) => !removed.has(at) && rule?.matches(at) !== true)
      .sort((a, b) => a - b);
    this.#removed = [...removed].filter((at) => rule?.matches(at) === true).sort((a, b) => a - b);
  }

  get timeZone(): string {
    return this.#component.zone.name;
  }

  next(after: number): number | null {
    const added = this.#added.find((at) => at > checkInstant(after)) ?? null;
    let at = this.#rule?.next(after) ?? null;
    while (at !== null && this.#component.removed.has(at)) at = this.#rule?.next(at) ?? null;
    return at === null || (added !== null && added < at) ? added : at;
  }

  previous(before: number): number | null {
    const added = this.#added.findLast((at) => at < checkInstant(before)) ?? null;
    let at = this.#rule?.previous(before) ?? null;
    while (at !== null && this.#component.removed.has(at)) at = this.#rule?.previous(at) ?? null;
    return at === null || (added !== null && added > at) ? added : at;
  }

  count(from: number, to: number): number {
    const within = (dates: readonly number[]): number =>
      dates.filter((at) => at >= checkInstant(from) && at < checkInstant(to)).length;
    return (this.#rule?.count(from, to) ?? 0) + within(this.#added) - within(this.#removed);
  }

  words(from?: number): string {
    const parts = this.#rule === null ? [] : [this.#rule.sentence];
    if (this.#added.length > 0) parts.push(say.onDates(this.#datesWords(this.#added)));
    if (this.#removed.length > 0) parts.push(say.except(this.#datesWords(this.#removed)));
    if (this.#rule !== null) parts.push(rangeWords(this.#component));
    const words = `${parts.join(", ")}, ${this.timeZone}`;
    const changes = this.#rule === null ? "" : clockWords(this.#rule, from);
    return words.slice(0, 1).toUpperCase() + words.slice(1) + changes;
  }

  lint(from?: number): Finding[] {
    const ofRule = this.#rule?.lint(from).filter(({ code }) => code !== "past") ?? [];
    return [...pastFindings(this, from), ...ofRule];
  }

  #datesWords(dates: readonly number[]): string {
    const texts = dates.slice(0, 3).map((at) => localText(at, this.#component.zone));
    const more = dates.length > 3 ? [say.more(dates.length - 3)] : [];
    return [...texts, ...more].join(", ");
  }
}

function rangeWords({ startAt, untilAt, zone }: Component): string {
  const until = Number.isFinite(untilAt) ? localText(untilAt, zone) : null;
  return say.fromUntil(localText(startAt, zone), until);
}
