import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type Dialect, detect, parse, type Schedule } from "../schedule.ts";
import { union } from "../union.ts";

/*
 * What `next` finds is held by the vectors; here the other questions are held to agree with it, and
 * `next` with what `matches` says of each second of a window.
 */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const EXPRESSIONS: readonly (readonly [Dialect, string])[] = [
  ["kubernetes", "*/20 1-3 * * *"],
  ["kubernetes", "30 1,2 */2 * 0"],
  ["kubernetes", "@hourly"],
  ["gcp", "30 2 * * *"],
  ["gcp", "*/30 * * * 0,7"],
  ["quartz", "0 0/30 * * * ?"],
  ["quartz", "15,45 30 1 * * ?"],
  ["quartz", "0 0 2 LW * ?"],
  ["quartz", "0 0/20 22-3 ? * 1#1"],
  ["quartz", "0 15 1 ? * SUNL 2018-2026"],
  ["quartz", "0 0 3 L-3W * ?"],
  ["ncrontab", "30 30 2 * * *"],
  ["ncrontab", "0 30 1 * * *"],
  ["ncrontab", "0 */30 * * * *"],
  ["ncrontab", "0,30 2 * * *"],
  ["aws", "cron(0/30 1 * * ? *)"],
  ["aws", "cron(30 2 ? * SUN 2025-2027)"],
  ["aws", "rate(90 minutes)"],
];

const ZONES = ["America/New_York", "Australia/Lord_Howe", "Antarctica/Troll"];
const CHANGES: readonly number[] = [
  Date.UTC(2026, 2, 8, 7),
  Date.UTC(2026, 10, 1, 6),
  Date.UTC(2026, 3, 4, 15),
  Date.UTC(2025, 9, 4, 15, 30),
  Date.UTC(2026, 2, 29, 1),
  Date.UTC(2026, 9, 25, 1),
  Date.UTC(2025, 11, 31, 23),
];

function schedules(): Schedule[] {
  return EXPRESSIONS.flatMap(([dialect, text]) =>
    ZONES.map((timeZone) => parse(text, { dialect, timeZone })),
  );
}

describe("each dialect of cron", () => {
  const all = schedules();

  it("answers previous, count and matches as it answers next", () => {
    const window = fc.tuple(
      fc.constantFrom(...all),
      fc.constantFrom(...CHANGES),
      fc.integer({ min: -DAY_MS, max: HOUR_MS }),
      fc.nat({ max: 2 * DAY_MS }),
    );
    fc.assert(
      fc.property(window, ([schedule, change, start, length]) => {
        const [from, to] = [change + start, change + start + length];
        const found = [...schedule.between(from, to)];
        assert.equal(schedule.count(from, to), found.length);
        const backwards: number[] = [];
        for (
          let at = schedule.previous(to);
          at !== null && at >= from;
          at = schedule.previous(at)
        ) {
          backwards.unshift(at);
        }
        assert.deepEqual(backwards, found);
        for (const at of found.slice(0, 20)) assert.ok(schedule.matches(at));
      }),
      { numRuns: 600 },
    );
  });

  it("has an instant where its own question says so, second by second", () => {
    for (const schedule of all) {
      for (const change of CHANGES.slice(0, 2)) {
        const [from, to] = [change - 2 * HOUR_MS, change + 2 * HOUR_MS];
        const seconds: number[] = [];
        for (let at = from; at < to; at += 5000) if (schedule.matches(at)) seconds.push(at);
        assert.deepEqual([...schedule.between(from, to)], seconds);
      }
    }
  });

  it("counts in a union with others", () => {
    const [from, to] = [Date.UTC(2026, 2, 1), Date.UTC(2026, 3, 10)];
    for (const timeZone of ZONES) {
      const parts = all.filter((schedule) => schedule.timeZone === timeZone);
      const instants = new Set(parts.flatMap((part) => [...part.between(from, to)]));
      assert.equal(union(parts).count(from, to), instants.size);
    }
  });
});

describe("at a clock change", () => {
  const runs = (dialect: Dialect, text: string, day: string): string[] => {
    const from = Date.parse(`${day}T04:00Z`);
    const found = parse(text, { dialect, timeZone: "America/New_York" });
    return [...found.between(from, from + DAY_MS)].map((at) =>
      new Date(at).toISOString().slice(11, 19),
    );
  };

  it("Kubernetes loses what a gap swallows, and runs what is repeated twice", () => {
    assert.deepEqual(runs("kubernetes", "30 2 * * *", "2026-03-08"), []);
    assert.deepEqual(runs("kubernetes", "30 1 * * *", "2026-11-01"), ["05:30:00", "06:30:00"]);
  });

  it("Quartz loses what a gap swallows, and runs what is repeated the last time", () => {
    assert.deepEqual(runs("quartz", "0 30 2 * * ?", "2026-03-08"), []);
    assert.deepEqual(runs("quartz", "0 30 1 * * ?", "2026-11-01"), ["06:30:00"]);
  });

  it("EventBridge loses what a gap swallows, and runs what is repeated the first time", () => {
    assert.deepEqual(runs("aws", "cron(30 2 * * ? *)", "2026-03-08"), []);
    assert.deepEqual(runs("aws", "cron(30 1 * * ? *)", "2026-11-01"), ["05:30:00"]);
  });

  it("Azure moves the first of what a gap swallows on by its length", () => {
    assert.deepEqual(runs("ncrontab", "15 30 2 * * *", "2026-03-08"), ["07:30:15"]);
    assert.deepEqual(runs("ncrontab", "0 10,40 2 * * *", "2026-03-08"), ["07:10:00"]);
  });

  it("Azure runs a fixed time that is repeated the first time, an interval both times", () => {
    assert.deepEqual(runs("ncrontab", "0 30 1 * * *", "2026-11-01"), ["05:30:00"]);
    assert.deepEqual(runs("ncrontab", "0 30-30 1 * * *", "2026-11-01"), ["05:30:00", "06:30:00"]);
  });

  it("Google, which does not say, is taken to do as cron does", () => {
    assert.deepEqual(runs("gcp", "30 2 * * *", "2026-03-08"), ["07:00:00"]);
    assert.deepEqual(runs("gcp", "30 1 * * *", "2026-11-01"), ["05:30:00"]);
  });
});

describe("detect", () => {
  const found = (text: string, timeZone = "UTC"): string[] =>
    detect(text, { timeZone }).map((schedule) => schedule.dialect);

  it("names each dialect that takes the expression", () => {
    assert.deepEqual(found("0 3 * * *"), ["unix", "kubernetes", "gcp", "ncrontab"]);
    assert.deepEqual(found("0 3 * * 7"), ["unix", "gcp"]);
    assert.deepEqual(found("5/15 * * * *"), ["kubernetes", "ncrontab"]);
    assert.deepEqual(found("0 0 3 * * ?"), ["quartz"]);
    assert.deepEqual(found("0 0 3 * * *"), ["ncrontab"]);
    assert.deepEqual(found("cron(0 3 * * ? *)"), ["aws", "aws-rules"]);
    assert.deepEqual(found("cron(0 3 * * ? *)", "Europe/London"), ["aws"]);
    assert.deepEqual(found("at(2026-12-01T09:00:00)"), ["aws"]);
    assert.deepEqual(found("15m"), ["every"]);
    assert.deepEqual(found("2026-12-01T09:00Z"), ["at"]);
    assert.deepEqual(found("every now and then"), []);
  });

  it("tells what each would mean", () => {
    const meanings = detect("0 0 */2 * 1").map((schedule) => schedule.next(Date.UTC(2026, 0, 1)));
    assert.deepEqual(meanings, [
      Date.UTC(2026, 0, 5),
      Date.UTC(2026, 0, 3),
      Date.UTC(2026, 0, 5),
      Date.UTC(2026, 0, 5),
    ]);
  });

  it("does not take an unknown zone for an expression that fits nothing", () => {
    assert.throws(() => detect("0 3 * * *", { timeZone: "Europe/Lodnon" }), { code: "time-zone" });
  });
});
