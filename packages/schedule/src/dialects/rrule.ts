import { CALENDAR_FROM_AT, CALENDAR_TO_AT } from "../calendar.ts";
import { DAY_MS, firstDayOfMonth, LAST_YEAR, monthOfDay, weekdayOf, yearOfDay } from "../civil.ts";
import { refuse } from "../errors.ts";
import { type Finding, wholeOf } from "../finding.ts";
import { lintRule } from "../lint/rule-findings.ts";
import { pastFindings } from "../lint/schedule-findings.ts";
import { LocalSchedule } from "../local-schedule.ts";
import { localText } from "../local-time.ts";
import { DailyTimes, type LocalTimes, TimeProduct } from "../local-times.ts";
import { checkInstant, Occurrences } from "../occurrences.ts";
import { clockWords } from "../words/clock-words.ts";
import * as say from "../words/english.ts";
import { ruleWords } from "../words/rule-words.ts";
import type { Zone } from "../zone.ts";
import { anchorAt, refuseAnchor } from "./every.ts";
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

/** As many occurrences as are quicker walked through than counted. */
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
    const hint = "look at its BY parts, UNTIL, INTERVAL and EXDATE together";
    const problem = "never occurs: no time fits all parts of the rule";
    refuse(wholeOf(expression), problem, hint, "never");
  }
  return schedule;
}

function startOf(anchor: number | string | undefined, zone: Zone): number | null {
  if (anchor === undefined) return null;
  const at = anchorAt(anchor, zone);
  if (at < CALENDAR_FROM_AT || at >= CALENDAR_TO_AT) refuseAnchor(" of the years 1900 to 2199");
  return Math.floor((at + zone.spanAt(at).offsetMs) / 1000) * 1000;
}

function schedulesOf(
  expression: string,
  component: Component,
  rule: RuleParts,
): RuleSchedule | DatedSchedule {
  const schedule = new RuleSchedule(expression, component, rule);
  const { added, removed } = component;
  const plain = added.length === 0 && removed.size === 0;
  return plain ? schedule : new DatedSchedule(expression, component, schedule);
}

/**
 * Just after the `count`th occurrence: a window is widened until it has so many, then halved until
 * few are left, and those are walked through.
 */
function endOf(schedule: Pick<LocalSchedule, "next" | "count">, count: number): number {
  let from = schedule.next(-Infinity) ?? Infinity;
  let left = count;
  let width = DAY_MS;
  while (left > FEW && from < END_OF_RULES) {
    const found = schedule.count(from, from + width);
    if (found >= left) break;
    left -= found;
    from += width;
    width *= 2;
  }
  while (left > FEW && width > 1) {
    width = Math.ceil(width / 2);
    const found = schedule.count(from, from + width);
    if (found >= left) continue;
    left -= found;
    from += width;
  }
  let last: number | null = from - 1;
  for (; left > 0 && last !== null; left--) last = schedule.next(last);
  return last === null ? Infinity : last + 1;
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
  return new PeriodTimes(days, times, positions, frequency, weekStart);
}

/** How many days so many occurrences surely take. */
function leastDays(count: number, { hours, minutes, seconds }: RuleParts): number {
  const perDay = (hours?.length ?? 24) * (minutes?.length ?? 60) * (seconds?.length ?? 60);
  // Less a tenth, for the days on which the clock shows an hour twice, and the first and the last.
  return (0.9 * count) / perDay - 2;
}

function lastYearOf(rule: RuleParts, zone: Zone): number {
  const stepped = /^(HOUR|MINUTE|SECOND)LY$/.test(rule.frequency);
  return stepped || zone.spanAfter(zone.spanAt(0)) !== null ? LAST_YEAR : LAST_FIXED_YEAR;
}

class RuleSchedule extends LocalSchedule {
  readonly dialect = "rrule";
  readonly #component: Component;
  readonly #rule: RuleParts;
  /** Until then COUNT is surely not used up, so that few questions need its end. */
  readonly #openUntil: number;
  /** Just after the last that COUNT allows; `null` as long as nobody has asked. */
  #endAt: number | null = null;

  constructor(expression: string, component: Component, rule: RuleParts) {
    const { zone, startAt, startMs, untilAt } = component;
    const lastYear = lastYearOf(rule, zone);
    const elapsed = rule.frequency === "MINUTELY" || rule.frequency === "SECONDLY";
    const toAt = Math.min(firstDayOfMonth(lastYear + 1, 0) * DAY_MS, untilAt + 1);
    super(expression, zone, timesOf(rule, component, lastYear), startAt, toAt, elapsed);
    this.#component = component;
    this.#rule = rule;
    const { count } = rule;
    this.#openUntil =
      count === null ? Infinity : startAt + leastDays(count, filledIn(rule, startMs)) * DAY_MS;
  }

  override get toAt(): number {
    const { count } = this.#rule;
    if (count === null || this.#openUntil >= super.toAt) return super.toAt;
    this.#endAt ??= endOf(
      { next: (after) => super.next(after), count: (from, to) => super.count(from, to) },
      count,
    );
    return Math.min(super.toAt, this.#endAt);
  }

  override next(after: number): number | null {
    const at = super.next(after);
    return at === null || at < this.#openUntil || at < this.toAt ? at : null;
  }

  override previous(before: number): number | null {
    return super.previous(before <= this.#openUntil ? before : Math.min(before, this.toAt));
  }

  override count(from: number, to: number): number {
    return super.count(from, to <= this.#openUntil ? to : Math.min(to, this.toAt));
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
    // Quicker than `matches`, which looks for the next one.
    const ofRule = (at: number): boolean => rule !== null && rule.count(at, at + 1) > 0;
    const dates = new Set(rule === null ? [startAt, ...component.added] : component.added);
    this.#added = [...dates].filter((at) => !removed.has(at) && !ofRule(at)).sort((a, b) => a - b);
    this.#removed = [...removed].filter(ofRule).sort((a, b) => a - b);
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
