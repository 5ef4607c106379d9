import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ScheduleError } from "./errors.ts";
import { type Dialect, parse, type Schedule } from "./schedule.ts";

/*
 * The dialects on local times against brute force: each second (or minute) of a window is asked
 * whether it is due, from fields that Intl tells and that share nothing with the engine.
 */

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

const CHANGES: readonly (readonly [string, string])[] = [
  ["UTC", "2024-02-29T00:00Z"],
  ["America/New_York", "2026-03-08T07:00Z"],
  ["America/New_York", "2026-11-01T06:00Z"],
  ["Australia/Lord_Howe", "2025-10-04T15:30Z"],
  ["Australia/Lord_Howe", "2026-04-04T15:00Z"],
  ["America/Sao_Paulo", "2018-11-04T03:00Z"],
  ["Antarctica/Troll", "2026-10-25T01:00Z"],
];

interface Wall {
  readonly at: number;
  readonly month: number;
  readonly date: number;
  readonly fromEnd: number;
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
  /** Whether the clock has shown this minute before. */
  readonly again: boolean;
}

const windows = CHANGES.map(([zone, change]) => ({ zone, walls: wallsAround(zone, change) }));

describe("dialects on local times against each minute of the clock", () => {
  for (const { zone, walls } of windows) {
    it(`systemd in ${zone}`, () => {
      fc.assert(
        fc.property(days(), hours(), minutes(), (day, hour, minute) => {
          const spec = `${day.weekdays} *-*${day.fromEnd ? "~" : "-"}${day.date} ${hour.text}:${minute.text}`;
          const due = walls.filter(
            (wall) =>
              !wall.again &&
              day.has(wall) &&
              hour.values.includes(wall.hour) &&
              minute.values.includes(wall.minute),
          );
          agree(spec.trim(), "systemd", zone, walls, due);
        }),
        { numRuns: 40 },
      );
    });

    it(`rrule in ${zone}`, () => {
      fc.assert(
        fc.property(days(), hours(), minutes(), (day, hour, minute) => {
          const monthDay =
            day.date === "*" ? "" : `;BYMONTHDAY=${day.fromEnd ? "-" : ""}${day.date}`;
          const rule = `RRULE:FREQ=DAILY;BYHOUR=${hour.values};BYMINUTE=${minute.values}${monthDay}`;
          const due = walls.filter(
            (wall) =>
              !wall.again &&
              (day.date === "*" || (day.fromEnd ? wall.fromEnd : wall.date) === Number(day.date)) &&
              hour.values.includes(wall.hour) &&
              minute.values.includes(wall.minute),
          );
          agree(`DTSTART;TZID=${zone}:20000101T000000\n${rule}`, "rrule", zone, walls, due);
        }),
        { numRuns: 40 },
      );
    });
  }
});

describe("rules of every kind", () => {
  it("have next, previous, between, count and matches agree", () => {
    fc.assert(
      fc.property(
        rules(),
        fc.constantFrom(...windows),
        fc.nat(999),
        (rule, { zone, walls }, nth) => {
          const text = `DTSTART;TZID=${zone}:20110203T013015\nRRULE:${rule}`;
          const schedule = parsed(text, "rrule", zone);
          if (schedule === null) return;
          const from = (walls[0]?.at ?? 0) + nth * 977;
          const found: number[] = [];
          for (let at = schedule.next(from - 1); at !== null && found.length < 30; ) {
            found.push(at);
            at = schedule.next(at);
          }
          const end = (found.at(-1) ?? from) + 1;
          assert.deepEqual([...schedule.between(from, end)], found, text);
          assert.equal(schedule.count(from, end), found.length, text);
          const back: number[] = [];
          for (let at = schedule.previous(end); at !== null && at >= from; ) {
            back.unshift(at);
            at = schedule.previous(at);
          }
          assert.deepEqual(back, found, text);
          for (const at of found) assert.equal(schedule.matches(at), true);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("end soon, whatever they are asked", () => {
    fc.assert(
      fc.property(rules(), (rule) => {
        const text = `DTSTART:20110203T013015Z\nRRULE:${rule}`;
        const schedule = parsed(text, "rrule", "UTC");
        const calls = [
          () => parsed(text, "rrule", "UTC"),
          () => schedule?.next(Date.UTC(2026, 0, 1)),
          () => schedule?.previous(Date.UTC(2150, 0, 1)),
        ];
        for (const call of calls) assert.ok(quickest(call) < 50, rule);
      }),
      { numRuns: 200 },
    );
  });
});

describe("rubbish", () => {
  const alphabet = [..."0123456789*/-~.,:; =PTRDWMYHSUntilBYFQ\n+Z"];
  for (const dialect of ["systemd", "rrule", "interval"] as const) {
    it(`is refused by ${dialect} with a place in the text`, () => {
      const text = fc.array(fc.constantFrom(...alphabet), { maxLength: 40 });
      fc.assert(
        fc.property(text, (letters) => {
          const expression = letters.join("");
          try {
            parse(expression, { dialect });
          } catch (error) {
            assert.ok(error instanceof ScheduleError, String(error));
            assert.ok(error.position >= 0 && error.position <= expression.length + 1);
          }
        }),
        { numRuns: 1500 },
      );
    });
  }
});

/** Milliseconds of a call: other work on the machine can only make it longer. */
function quickest(call: () => unknown): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5 && least >= 50; round++) {
    const from = performance.now();
    call();
    least = Math.min(least, performance.now() - from);
  }
  return least;
}

function agree(
  expression: string,
  dialect: Dialect,
  timeZone: string,
  walls: readonly Wall[],
  due: readonly Wall[],
): void {
  const schedule = parsed(expression, dialect, timeZone);
  if (schedule === null) {
    assert.equal(due.length, 0, expression);
    return;
  }
  const from = walls[0]?.at ?? 0;
  const to = (walls.at(-1)?.at ?? 0) + MINUTE_MS;
  const expected = due.map((wall) => wall.at);
  assert.deepEqual([...schedule.between(from, to)], expected, `${expression} in ${timeZone}`);
  assert.equal(schedule.count(from, to), expected.length, `${expression} in ${timeZone}`);
  const back: number[] = [];
  for (let at = schedule.previous(to); at !== null && at >= from; at = schedule.previous(at)) {
    back.unshift(at);
  }
  assert.deepEqual(back, expected, `${expression} in ${timeZone}`);
}

function parsed(expression: string, dialect: Dialect, timeZone: string): Schedule | null {
  try {
    return parse(expression, { dialect, timeZone });
  } catch (error) {
    if (error instanceof ScheduleError && error.code === "never") return null;
    throw error;
  }
}

function days() {
  const drawn = fc.record({
    weekdays: fc.constantFrom("", "Mon..Fri", "Sat,Sun", "Sun", "Wed"),
    date: fc.constantFrom("*", "*", "1", "4", "8", "28"),
    fromEnd: fc.boolean(),
  });
  const sets: Readonly<Record<string, readonly number[]>> = {
    "": [0, 1, 2, 3, 4, 5, 6],
    "Mon..Fri": [1, 2, 3, 4, 5],
    "Sat,Sun": [6, 0],
    Sun: [0],
    Wed: [3],
  };
  return drawn.map((day) => ({
    ...day,
    has: (wall: Wall): boolean =>
      sets[day.weekdays]?.includes(wall.weekday) === true &&
      (day.date === "*" || (day.fromEnd ? wall.fromEnd : wall.date) === Number(day.date)),
  }));
}

function hours() {
  return numbers(["*", "0/2", "1..3", "2", "0,1", "3..23/5"], 24);
}

function minutes() {
  return numbers(["*", "0/20", "30", "0,15,59", "5..10"], 60);
}

function numbers(texts: readonly string[], end: number) {
  return fc.constantFrom(...texts).map((text) => {
    const values = Array.from({ length: end }, (_, value) => value).filter((value) => {
      if (text === "*") return true;
      const [range = "", step = "1"] = text.split("/");
      const [low = "0", high] = range.split("..");
      if (range.includes(",")) return range.split(",").map(Number).includes(value);
      const last = high ?? (text.includes("/") ? String(end) : low);
      return (
        value >= Number(low) && value <= Number(last) && (value - Number(low)) % Number(step) === 0
      );
    });
    return { text, values };
  });
}

function rules() {
  const list = (low: number, high: number) =>
    fc.uniqueArray(fc.integer({ min: low, max: high }), { minLength: 1, maxLength: 3 });
  const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null, freq: 2 });
  return fc
    .record({
      FREQ: fc.constantFrom(
        "YEARLY",
        "MONTHLY",
        "WEEKLY",
        "DAILY",
        "HOURLY",
        "MINUTELY",
        "SECONDLY",
      ),
      INTERVAL: maybe(
        fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 90_000 })),
      ),
      COUNT: maybe(fc.integer({ min: 1, max: 1000 })),
      WKST: maybe(fc.constantFrom("MO", "SU", "TH")),
      BYMONTH: maybe(list(1, 12)),
      BYDAY: maybe(fc.subarray(["MO", "TU", "FR", "SU"], { minLength: 1 })),
      BYHOUR: maybe(list(0, 23)),
      BYMINUTE: maybe(list(0, 59)),
      BYSECOND: maybe(list(0, 59)),
      BYSETPOS: maybe(fc.constantFrom([1], [-1], [2, -2])),
    })
    .map((parts) => {
      const chosenFrom = Object.entries(parts).some(
        ([name, value]) => /^BY(?!SET)/.test(name) && value !== null,
      );
      return Object.entries(parts)
        .filter(([name, value]) => value !== null && (name !== "BYSETPOS" || chosenFrom))
        .map(([name, value]) => `${name}=${value}`)
        .join(";");
    });
}

function wallsAround(zone: string, change: string): Wall[] {
  const from = Date.parse(change) - DAY_MS;
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  const shown = new Set<number>();
  return Array.from({ length: 2 * 1440 }, (_, index): Wall => {
    const at = from + index * MINUTE_MS;
    const parts = format.formatToParts(at);
    const part = (type: string): number => Number(parts.find((one) => one.type === type)?.value);
    const wall = Date.UTC(
      part("year"),
      part("month") - 1,
      part("day"),
      part("hour"),
      part("minute"),
    );
    const again = shown.has(wall);
    shown.add(wall);
    return {
      at,
      month: part("month"),
      date: part("day"),
      fromEnd: new Date(Date.UTC(part("year"), part("month"), 0)).getUTCDate() - part("day") + 1,
      weekday: new Date(wall).getUTCDay(),
      hour: part("hour"),
      minute: part("minute"),
      again,
    };
  });
}
