import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { parse } from "./schedule.ts";

/*
 * The oracle is crond's own main loop (cronie, src/cron.c), minute by minute, on local times that
 * come from Intl directly. It shares nothing with the engine, not even the parser: the generated
 * expressions carry their sets with them.
 */

const MINUTE_MS = 60_000;

interface Field {
  readonly text: string;
  readonly values: ReadonlySet<number>;
}

interface Expression {
  readonly text: string;
  readonly fields: readonly [Field, Field, Field, Field, Field];
}

interface LocalMinute {
  readonly minute: number;
  readonly hour: number;
  readonly day: number;
  readonly month: number;
  readonly weekday: number;
  /** Minutes since 1970-01-01T00:00 of the local clock. */
  readonly count: number;
}

interface Window {
  readonly zone: string;
  readonly fromAt: number;
  readonly local: readonly LocalMinute[];
}

/** Clock changes of every kind: an hour, half an hour, two and three hours, a day, at midnight. */
const CHANGES: readonly (readonly [string, string])[] = [
  ["UTC", "2024-02-29T00:00Z"],
  ["+05:45", "2025-12-31T12:00Z"],
  ["America/New_York", "2026-03-08T07:00Z"],
  ["America/New_York", "2026-11-01T06:00Z"],
  ["Europe/London", "2026-03-29T01:00Z"],
  ["Europe/London", "2026-10-25T01:00Z"],
  ["Australia/Lord_Howe", "2025-10-04T15:30Z"],
  ["Australia/Lord_Howe", "2026-04-04T15:00Z"],
  ["Antarctica/Troll", "2026-03-29T01:00Z"],
  ["Antarctica/Troll", "2026-10-25T01:00Z"],
  ["Antarctica/Casey", "2009-10-17T18:00Z"],
  ["Antarctica/Casey", "2010-03-04T15:00Z"],
  ["Pacific/Apia", "2011-12-30T10:00Z"],
  ["Pacific/Kwajalein", "1993-08-21T12:00Z"],
  ["America/Sao_Paulo", "2018-11-04T03:00Z"],
  ["America/Sao_Paulo", "2018-02-18T02:00Z"],
  ["America/St_Johns", "2006-10-29T02:31Z"],
  ["Africa/Casablanca", "2025-02-23T02:00Z"],
  ["Africa/Cairo", "2026-04-23T22:00Z"],
  ["Asia/Kathmandu", "1985-12-31T18:30Z"],
  ["Pacific/Kiritimati", "1994-12-31T10:00Z"],
];
const windows = CHANGES.map(([zone, at]) => windowAround(zone, Date.parse(at)));

describe("a calendar schedule against crond's loop", () => {
  for (const window of windows) {
    const at = new Date(window.fromAt).toISOString().slice(0, 10);
    it(`agrees in ${window.zone} from ${at}`, () => {
      fc.assert(
        fc.property(expressions(), fc.nat(), fc.nat(), (expression, a, b) => {
          agree(expression, window, a, b);
        }),
        { numRuns: 60 },
      );
    });
  }
});

function agree(expression: Expression, window: Window, a: number, b: number): void {
  const schedule = parse(expression.text, { timeZone: window.zone });
  const expected = crond(expression, window);
  const toAt = window.fromAt + window.local.length * MINUTE_MS;
  assert.deepEqual([...schedule.between(window.fromAt, toAt)], expected);
  assert.equal(schedule.count(window.fromAt, toAt), expected.length);
  assert.deepEqual(backwards(schedule.previous.bind(schedule), window.fromAt, toAt), expected);
  const span = toAt - window.fromAt;
  const [low = 0, high = 0] = [window.fromAt + (a % span), window.fromAt + (b % span)].sort(
    (x, y) => x - y,
  );
  const inside = expected.filter((instant) => instant >= low && instant < high);
  assert.equal(schedule.count(low, high), inside.length);
  const minute = low - (low % MINUTE_MS);
  assert.equal(schedule.matches(minute), expected.includes(minute));
  assert.equal(schedule.next(low), expected.find((instant) => instant > low) ?? schedule.next(low));
}

function backwards(
  previous: (before: number) => number | null,
  fromAt: number,
  toAt: number,
): number[] {
  const found: number[] = [];
  for (let at = previous(toAt); at !== null && at >= fromAt; at = previous(at)) found.unshift(at);
  return found;
}

/** What crond runs in a window, each instant once. It starts a minute before. */
function crond({ fields }: Expression, window: Window): number[] {
  const [minute, hour] = fields;
  const wild = minute.text.startsWith("*") || hour.text.startsWith("*");
  const due: number[] = [];
  let virtual = (window.local[0]?.count ?? 0) - 1;
  for (const [index, local] of window.local.entries()) {
    const behind = local.count - virtual;
    const missed = (): boolean => {
      for (let count = virtual + 1; count <= local.count; count++) {
        if (matches(fields, localMinute(count))) return true;
      }
      return false;
    };
    let runs: boolean;
    if (behind === 1) runs = matches(fields, local);
    else if (behind > 180 || behind < -180) runs = matches(fields, local);
    else if (behind > 5) runs = wild ? matches(fields, local) : missed();
    else if (behind > 0) runs = missed();
    else runs = wild && matches(fields, local);
    if (behind > 0 || behind < -180) virtual = local.count;
    if (runs) due.push(window.fromAt + index * MINUTE_MS);
  }
  return due;
}

function matches(
  [minute, hour, day, month, weekday]: Expression["fields"],
  at: LocalMinute,
): boolean {
  if (!minute.values.has(at.minute) || !hour.values.has(at.hour)) return false;
  if (!month.values.has(at.month)) return false;
  const onDay = day.values.has(at.day);
  const onWeekday = weekday.values.has(at.weekday) || (at.weekday === 0 && weekday.values.has(7));
  const star = day.text.startsWith("*") || weekday.text.startsWith("*");
  return star ? onDay && onWeekday : onDay || onWeekday;
}

function localMinute(count: number): LocalMinute {
  const date = new Date(count * MINUTE_MS);
  return {
    minute: date.getUTCMinutes(),
    hour: date.getUTCHours(),
    day: date.getUTCDate(),
    month: date.getUTCMonth() + 1,
    weekday: date.getUTCDay(),
    count,
  };
}

function windowAround(zone: string, changeAt: number): Window {
  const fromAt = changeAt - 2 * 86_400_000;
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  });
  const local = Array.from({ length: 4 * 1440 }, (_, index) => {
    const text = format.format(fromAt + index * MINUTE_MS);
    const [, month, day, year, time] = /^(\d+)\/(\d+)\/(\d+), (.*)$/.exec(text) ?? [];
    return localMinute(Date.parse(`${year}-${month}-${day}T${time}Z`) / MINUTE_MS);
  });
  return { zone, fromAt, local };
}

function expressions(): fc.Arbitrary<Expression> {
  return fc
    .tuple(
      field(0, 59),
      fc.oneof(field(0, 4), field(0, 23)),
      fc.oneof(star(1, 31), star(1, 31), field(1, 31)),
      fc.oneof(star(1, 12), star(1, 12), field(1, 12)),
      fc.oneof(star(0, 7), star(0, 7), field(0, 7)),
    )
    .map((fields) => ({ fields, text: fields.map((one) => one.text).join(" ") }))
    .filter(({ fields: [, , day, month] }) => {
      // What can never fire is refused; that is tested elsewhere.
      return [...day.values].some((value) => value < 29) || [...month.values].includes(1);
    });
}

function star(low: number, high: number): fc.Arbitrary<Field> {
  return fc.constant({ text: "*", values: stepped(low, high, 1) });
}

function field(low: number, high: number): fc.Arbitrary<Field> {
  const item = fc.oneof(
    star(low, high >= 4 && low === 0 && high < 7 ? 23 : high),
    fc.integer({ min: low, max: high }).map((value) => ({
      text: String(value),
      values: new Set([value]),
    })),
    fc
      .tuple(fc.integer({ min: low, max: high }), fc.nat({ max: high - low }), fc.nat({ max: 9 }))
      .map(([start, length, step]) => {
        const end = Math.min(start + length, high);
        const text = step === 0 ? `${start}-${end}` : `${start}-${end}/${step}`;
        return { text, values: stepped(start, end, Math.max(step, 1)) };
      }),
  );
  return fc.oneof(
    item,
    fc.array(item, { minLength: 1, maxLength: 3 }).map((items) => ({
      text: items.map((one) => one.text).join(","),
      values: new Set(items.flatMap((one) => [...one.values])),
    })),
  );
}

function stepped(low: number, high: number, step: number): Set<number> {
  const values = new Set<number>();
  for (let value = low; value <= high; value += step) values.add(value);
  return values;
}
