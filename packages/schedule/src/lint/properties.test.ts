import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ScheduleError } from "../errors.ts";
import { localInstant, nextMidnight, offsetAt, startOfDay } from "../local-time.ts";
import { DIALECT_NAMES, type Dialect, parse, type Schedule } from "../schedule.ts";
import { union } from "../union.ts";

/*
 * What holds of the words and the findings of every schedule. `FUZZ=100000` asks so often.
 */

const QUESTIONS = Number(process.env["FUZZ"] ?? 1500);
const ZONES = [
  "UTC",
  "Europe/London",
  "America/Santiago",
  "Australia/Lord_Howe",
  "Africa/Casablanca",
  "Europe/Dublin",
  "EST",
  "US/Pacific",
];

/** A field of values from `low` to `high` as cron writes it. */
function field(low: number, high: number): fc.Arbitrary<string> {
  const value = fc.integer({ min: low, max: high });
  const range = fc.tuple(value, value).map((ends) => ends.sort((a, b) => a - b).join("-"));
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant("*") },
    { weight: 4, arbitrary: value.map(String) },
    range,
    fc
      .tuple(fc.oneof(fc.constant("*"), range), fc.integer({ min: 1, max: high }))
      .map((pair) => pair.join("/")),
    fc
      .array(fc.oneof(value.map(String), range), { minLength: 2, maxLength: 4 })
      .map((all) => all.join(",")),
  );
}

const fields = (...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.tuple(...parts).map((texts) => texts.join(" "));
const [second, minute, hour, day, month] = [
  field(0, 59),
  field(0, 59),
  field(0, 23),
  field(1, 31),
  field(1, 12),
];
/** One of the day fields is `?`. */
const days = fc.oneof(
  fields(
    fc.oneof(day, fc.constantFrom("L", "L-30", "L-3", "15W", "31W", "LW")),
    month,
    fc.constant("?"),
  ),
  fields(
    fc.constant("?"),
    month,
    fc.oneof(field(1, 7), fc.constantFrom("6L", "6#3", "FRI#5", "1#5", "L")),
  ),
);
const year = fc.oneof(fc.constant("*"), field(2020, 2040));
const two = (value: number): string => String(value).padStart(2, "0");
const clock = fc.tuple(fc.nat(23), fc.nat(59)).map(([h, m]) => `${two(h)}:${two(m)}`);
const date = fc
  .date({
    min: new Date("2024-01-01T00:00Z"),
    max: new Date("2030-12-31T00:00Z"),
    noInvalidDate: true,
  })
  .map((at) => at.toISOString().slice(0, 19));
const compact = date.map((text) => text.replaceAll(/[-:]/g, ""));
const list = (values: readonly string[]): fc.Arbitrary<string> =>
  fc
    .uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 3 })
    .map((all) => all.join(","));
const part = (name: string, values: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constant(""),
    list(values).map((text) => `;${name}=${text}`),
  );

const RULE = fc
  .tuple(
    fc.constantFrom("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY"),
    fc.oneof(
      fc.constant(""),
      fc.integer({ min: 1, max: 13 }).map((n) => `;INTERVAL=${n}`),
    ),
    part("BYMONTH", ["1", "2", "6", "12"]),
    part("BYMONTHDAY", ["1", "29", "30", "31", "-1", "-3"]),
    part("BYDAY", ["MO", "FR", "5FR", "-1SU", "2TU", "-5WE"]),
    part("BYHOUR", ["0", "1", "2", "13"]),
    part("BYMINUTE", ["0", "30"]),
    part("BYSETPOS", ["1", "-1"]),
    fc.constantFrom("", "", "", ";BYWEEKNO=20", ";WKST=SU", ";BYWEEKNO=20;WKST=SU"),
    fc.oneof(
      fc.constant(""),
      fc.integer({ min: 1, max: 40 }).map((n) => `;COUNT=${n}`),
    ),
  )
  .map((parts) => `FREQ=${parts.join("")}`);

const EXPRESSIONS: Readonly<Record<Dialect, fc.Arbitrary<string>>> = {
  unix: fc.oneof(
    fields(minute, hour, day, month, field(0, 7)),
    fc.constantFrom("@daily", "@weekly"),
  ),
  kubernetes: fc.oneof(fields(minute, hour, day, month, field(0, 6)), fc.constant("@every 24h")),
  gcp: fields(minute, hour, day, month, field(0, 7)),
  quartz: fc.oneof(fields(second, minute, hour, days), fields(second, minute, hour, days, year)),
  ncrontab: fc.oneof(
    fields(second, minute, hour, day, month, field(0, 6)),
    fields(minute, hour, day, month, field(0, 6)),
  ),
  aws: fields(minute, hour, days, year).map((text) => `cron(${text})`),
  "aws-rules": fc.oneof(
    fields(minute, hour, days, year).map((text) => `cron(${text})`),
    fc.constant("rate(2 days)"),
  ),
  every: fc.constantFrom("1s", "90s", "15m", "1h30m", "1d", "2w"),
  at: date,
  systemd: fc
    .tuple(
      fc.constantFrom("", "Mon ", "Mon..Fri ", "Sat,Sun "),
      fc.constantFrom("*-*-* ", "*-*-31 ", "*-02-29 ", "*-*~03 ", "2027-01,07-1/7 ", "*-*-29..31 "),
      fc.oneof(clock, fc.constantFrom("*:0/7", "01..03:30", "0/5:00:0/9", "02:00:00.5")),
      fc.constantFrom("", " Europe/Paris", " US/Eastern", " EST"),
    )
    .map((parts) => parts.join("")),
  rrule: fc.tuple(compact, RULE).map(([from, rule]) => `DTSTART:${from}\nRRULE:${rule}`),
  interval: fc
    .tuple(
      fc.constantFrom("R", "R3", "R100"),
      date,
      fc.constantFrom("", "Z", "+02:00"),
      fc.constantFrom("P1D", "P1W", "P1M", "P1Y", "PT90M", "P1DT1H"),
    )
    .map(([times, from, offset, duration]) => `${times}/${from}${offset}/${duration}`),
};

const FROM = fc.integer({ min: Date.UTC(2024, 0), max: Date.UTC(2031, 0) });

/** `null` for what the dialect refuses, such as 30 February. */
function parsed(expression: string, dialect: Dialect, timeZone: string): Schedule | null {
  try {
    return parse(expression, { dialect, timeZone: dialect === "aws-rules" ? "UTC" : timeZone });
  } catch (error) {
    if (error instanceof ScheduleError) return null;
    throw error;
  }
}

describe("words and findings", () => {
  for (const dialect of DIALECT_NAMES) {
    it(`of ${dialect} are whole, in their places, and mended by their fixes`, () => {
      const ask = (expression: string, timeZone: string, from: number): void => {
        const schedule = parsed(expression, dialect, timeZone);
        if (schedule !== null) check(schedule, from);
      };
      fc.assert(fc.property(EXPRESSIONS[dialect], fc.constantFrom(...ZONES), FROM, ask), {
        numRuns: Math.ceil(QUESTIONS / DIALECT_NAMES.length),
      });
    });
  }

  it("of a union lie in its expression", () => {
    const parts = fc.array(fc.tuple(EXPRESSIONS.unix, fc.constantFrom(...ZONES)), { minLength: 2 });
    fc.assert(
      fc.property(parts, FROM, (all, from) => {
        const schedules = all.flatMap(([expression, timeZone]) => {
          const schedule = parsed(expression, "unix", timeZone);
          return schedule === null ? [] : [schedule];
        });
        if (schedules.length === 0) return;
        const whole = union(schedules);
        assert.notEqual(whole.words(from), "");
        checkPlaces(whole, from);
      }),
      { numRuns: Math.ceil(QUESTIONS / 30) },
    );
  });

  it("are equal where the fields are", () => {
    const values = (low: number, high: number): fc.Arbitrary<number[]> =>
      fc.uniqueArray(fc.integer({ min: low, max: high }), { minLength: 1, maxLength: 12 });
    const sets = fc.tuple(values(0, 59), values(0, 23), values(1, 28), values(1, 12), values(0, 6));
    fc.assert(
      fc.property(sets, FROM, fc.constantFrom(...ZONES), (all, from, timeZone) => {
        const words = (texts: readonly string[]): string =>
          parse(texts.join(" "), { timeZone }).words(from);
        const ranged = all.map((set) => rangesOf(set.toSorted((a, b) => a - b)));
        assert.equal(words(all.map((set) => [...set, ...set].join())), words(ranged));
      }),
      { numRuns: Math.ceil(QUESTIONS / 10) },
    );
  });

  it("tell apart what is due at different times", () => {
    const many = fc.constantFrom(...DIALECT_NAMES).chain((dialect) =>
      fc.record({
        dialect: fc.constant(dialect),
        expressions: fc.array(EXPRESSIONS[dialect], { minLength: 60, maxLength: 60 }),
      }),
    );
    const told = new Map<string, string>();
    fc.assert(
      fc.property(many, ({ dialect, expressions }) => {
        for (const expression of expressions) {
          const schedule = parsed(expression, dialect, "UTC");
          if (schedule === null) continue;
          const words = `${dialect}: ${schedule.words()}`;
          const due = dueText(schedule);
          assert.equal(told.get(words) ?? due, due, `${expression}: ${words}`);
          told.set(words, due);
        }
      }),
      { numRuns: Math.ceil(QUESTIONS / 30) },
    );
  });

  it("tell of clock changes what then happens", () => {
    const dialects = fc.constantFrom(...Object.keys(DAILY));
    const times = fc.tuple(fc.nat(3), fc.nat(59));
    fc.assert(
      fc.property(dialects, times, fc.constantFrom(...ZONES), FROM, (name, [h, m], zone, from) => {
        const daily = DAILY[name]?.(h, m, zone);
        if (daily !== undefined) checkChanges(daily, from);
      }),
      { numRuns: QUESTIONS },
    );
  });
});

function check(schedule: Schedule, from: number): void {
  const words = schedule.words(from);
  assert.match(words, /^[A-Z0-9].*\S$/);
  assert.doesNotMatch(words, /undefined|NaN|null| {2}|,,|\b(?:in|on|at|of),/);
  assert.ok(
    words.startsWith(schedule.words(Number.POSITIVE_INFINITY)) || schedule.dialect === "at",
  );
  checkPlaces(schedule, from);
  const { dialect } = schedule;
  if (dialect === "union") return;
  for (const { code, fix } of schedule.lint(from)) {
    if (fix === null) continue;
    const mended = parse(fix, { dialect, timeZone: schedule.timeZone });
    const left = mended.lint(from).filter((each) => each.code === code && each.fix === fix);
    assert.deepEqual(left, [], `${schedule.expression} to ${fix}`);
  }
}

function checkPlaces(schedule: Schedule, from: number): void {
  let before = 0;
  for (const { position, length, message } of schedule.lint(from)) {
    assert.ok(length > 0 && position + length <= schedule.expression.length);
    assert.ok(position >= before || schedule.dialect === "union");
    assert.doesNotMatch(message, /undefined|NaN|null|Infinity/);
    before = position;
  }
}

/** What two schedules hardly share unless they are due at the same times. */
function dueText(schedule: Schedule): string {
  const [from, spring, summer] = [
    Date.UTC(2026, 0),
    Date.UTC(2026, 2, 17, 9, 20, 31),
    Date.UTC(2026, 6, 4),
  ];
  const counts = [spring, summer, Date.UTC(2027, 1), Date.UTC(2031, 1)];
  const next = [schedule.next(0), schedule.next(from), schedule.next(summer)];
  return [...counts.map((to) => schedule.count(from, to)), ...next].join();
}

/** `1-3,7` */
function rangesOf(sorted: readonly number[]): string {
  const ranges: number[][] = [];
  for (const value of sorted) {
    const last = ranges.at(-1);
    if (last?.at(-1) === value - 1) last.push(value);
    else ranges.push([value]);
  }
  return ranges.map((run) => (run.length > 1 ? `${run[0]}-${run.at(-1)}` : `${run[0]}`)).join();
}

/** One time of every day, in each dialect that has such a thing. */
const DAILY: Readonly<
  Record<string, (hour: number, minute: number, timeZone: string) => Schedule>
> = {
  unix: (h, m, timeZone) => parse(`${m} ${h} * * *`, { timeZone }),
  kubernetes: (h, m, timeZone) => parse(`${m} ${h} * * *`, { timeZone, dialect: "kubernetes" }),
  quartz: (h, m, timeZone) => parse(`0 ${m} ${h} * * ?`, { timeZone, dialect: "quartz" }),
  ncrontab: (h, m, timeZone) => parse(`0 ${m} ${h} * * *`, { timeZone, dialect: "ncrontab" }),
  shown: (h, m, timeZone) => parse(`${m}-${m} ${h} * * *`, { timeZone, dialect: "ncrontab" }),
  aws: (h, m, timeZone) => parse(`cron(${m} ${h} * * ? *)`, { timeZone, dialect: "aws" }),
  systemd: (h, m, timeZone) => parse(`${two(h)}:${two(m)}`, { timeZone, dialect: "systemd" }),
  rrule: (h, m, timeZone) =>
    parse(`DTSTART:20200101T${two(h)}${two(m)}00\nRRULE:FREQ=DAILY`, {
      timeZone,
      dialect: "rrule",
    }),
  interval: (h, m, timeZone) =>
    parse(`R/2020-01-01T${two(h)}:${two(m)}/P1D`, { timeZone, dialect: "interval" }),
};

const CHANGE = /; on (\d+ \w+ \d+) that time (does not exist|comes twice): ([^;]+)/g;

/** Looks at what is due on the day of which the words speak. */
function checkChanges(schedule: Schedule, from: number): void {
  const { timeZone } = schedule;
  for (const [text, day, , outcome = ""] of schedule.words(from).matchAll(CHANGE)) {
    const noon = localInstant(`${localDateOf(day)}T12:00`, timeZone);
    const start = startOfDay(noon, timeZone);
    const due = [...schedule.between(start, nextMidnight(noon, timeZone))];
    const clocks = due.map((at) => localClock(at + offsetAt(at, timeZone)));
    const [, madeUpAt] = /^runs at (\d\d:\d\d)$/.exec(outcome) ?? [];
    const counts = { "runs both times": 2, "runs at the first": 1, "runs at the second": 1 };
    const expected = new Map<string, number>(Object.entries(counts)).get(outcome);
    if (madeUpAt !== undefined) assert.deepEqual(clocks, [madeUpAt], text);
    else assert.equal(due.length, expected ?? 0, text);
    const [at = 0] = due;
    // An hour on or back the clock shows the same time again, or half an hour on Lord Howe Island.
    const again = (ms: number): boolean =>
      localClock(at + ms + offsetAt(at + ms, timeZone)) === clocks[0];
    if (outcome === "runs at the first") assert.ok(again(3_600_000) || again(1_800_000), text);
    if (outcome === "runs at the second") assert.ok(again(-3_600_000) || again(-1_800_000), text);
  }
}

function localDateOf(text = ""): string {
  return new Date(`${text} 00:00Z`).toISOString().slice(0, 10);
}

function localClock(localMs: number): string {
  return new Date(localMs).toISOString().slice(11, 16);
}
