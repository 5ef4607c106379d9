import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse, union } from "@belfry/schedule";
import fc from "fast-check";
import type { Policies } from "./definition.ts";
import { CATCH_UP_MAX, type PauseWindow, type Plan, planSchedule } from "./plan.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const at = (text: string): number => Date.parse(text);
const iso = (instant: number): string => new Date(instant).toISOString().slice(0, 16);

const POLICIES: Policies = {
  catchUp: "latest",
  startWithin: "next",
  concurrency: { limit: 1, by: null },
  overlap: "skip",
  retry: { attempts: 3, waitMs: 10_000, maxMs: 900_000 },
  timeoutMs: null,
  deadlineMs: null,
  jitterMs: 0,
  runsOn: [],
  delivery: "at-least-once",
};

interface Situation {
  readonly cron?: string;
  readonly timeZone?: string;
  readonly policies?: Partial<Policies>;
  readonly cursor: string;
  readonly now: string;
  readonly pause?: PauseWindow;
  readonly retentionMs?: number;
  readonly aliveSince?: string;
}

function plan(situation: Situation): Plan {
  const { cron = "0 * * * *", timeZone = "UTC", policies, cursor, now, pause } = situation;
  return planSchedule({
    id: "reports",
    aliveSinceAt: situation.aliveSince === undefined ? null : at(situation.aliveSince),
    schedule: parse(cron, { timeZone }),
    timeZone,
    policies: { ...POLICIES, ...policies },
    cursorAt: at(cursor),
    pause: pause ?? null,
    retentionMs: situation.retentionMs ?? 90 * DAY,
    now: at(now),
  });
}

const runs = ({ runs }: Plan): string[] => runs.map(({ dueAt }) => iso(dueAt));
const gaps = ({ gaps }: Plan): string[] =>
  gaps.map((gap) => `${gap.reason} ${iso(gap.fromAt)}..${iso(gap.toAt)} ×${gap.count}`);

describe("planning a schedule", () => {
  it("cuts days in the task's zone where the parts of a schedule have several", () => {
    const parts = [parse("0 * * * *", { timeZone: "Asia/Kolkata" }), parse("0 1 * * *")];
    const planned = planSchedule({
      id: "reports",
      aliveSinceAt: null,
      schedule: union(parts),
      timeZone: "Asia/Kolkata",
      policies: { ...POLICIES, catchUp: "none" },
      cursorAt: at("2026-05-01T16:30Z"),
      pause: null,
      retentionMs: 90 * DAY,
      now: at("2026-05-01T20:00Z"),
    });
    assert.deepEqual(gaps(planned), [
      "down 2026-05-01T17:30..2026-05-01T17:30 ×1",
      "down 2026-05-01T18:30..2026-05-01T19:30 ×2",
    ]);
  });

  it("makes one run at the due instant, and says when the next is due", () => {
    const planned = plan({ cursor: "2026-05-01T09:00Z", now: "2026-05-01T10:00Z" });
    assert.deepEqual(runs(planned), ["2026-05-01T10:00"]);
    assert.deepEqual(planned.gaps, []);
    assert.equal(planned.cursorAt, at("2026-05-01T10:00Z"));
    assert.equal(planned.nextAt, at("2026-05-01T11:00Z"));
    assert.equal(planned.runs[0]?.live, true);
  });

  it("passes nothing and moves no cursor while nothing is due", () => {
    const planned = plan({ cursor: "2026-05-01T09:00Z", now: "2026-05-01T09:59Z" });
    assert.deepEqual(planned.runs, []);
    assert.equal(planned.cursorAt, at("2026-05-01T09:00Z"));
    assert.equal(planned.nextAt, at("2026-05-01T10:00Z"));
  });

  it("with `latest` runs the newest occurrence still inside startWithin, the rest is gap `down`", () => {
    const planned = plan({ cursor: "2026-05-01T06:00Z", now: "2026-05-01T10:30Z" });
    assert.deepEqual(runs(planned), ["2026-05-01T10:00"]);
    assert.deepEqual(gaps(planned), ["down 2026-05-01T07:00..2026-05-01T09:00 ×3"]);
    assert.equal(planned.runs[0]?.live, false);
  });

  it("with `latest` and a startWithin that has passed runs nothing", () => {
    const planned = plan({
      cursor: "2026-05-01T06:00Z",
      now: "2026-05-01T10:30Z",
      policies: { startWithin: 10 * MINUTE },
    });
    assert.deepEqual(runs(planned), []);
    assert.deepEqual(gaps(planned), ["down 2026-05-01T07:00..2026-05-01T10:00 ×4"]);
  });

  it("with `none` runs only what is planned within a minute", () => {
    const policies: Partial<Policies> = { catchUp: "none", startWithin: MINUTE };
    const late = plan({ cursor: "2026-05-01T06:00Z", now: "2026-05-01T10:02Z", policies });
    assert.deepEqual(runs(late), []);
    const prompt = plan({ cursor: "2026-05-01T06:00Z", now: "2026-05-01T10:00:40Z", policies });
    assert.deepEqual(runs(prompt), ["2026-05-01T10:00"]);
  });

  it("with `none` and a long startWithin still makes up for no downtime", () => {
    const policies: Partial<Policies> = { catchUp: "none", startWithin: 6 * HOUR };
    const planned = plan({ cursor: "2026-05-01T06:00Z", now: "2026-05-01T10:30Z", policies });
    assert.deepEqual(runs(planned), []);
  });

  it("with `all` runs the newest 1,000 and nothing older than retention, the rest is gap", () => {
    const policies: Partial<Policies> = { catchUp: "all", startWithin: null };
    const cron = "* * * * *";
    const planned = plan({ cron, cursor: "2026-05-01T00:00Z", now: "2026-05-02T00:00Z", policies });
    assert.equal(planned.runs.length, CATCH_UP_MAX);
    assert.equal(sum(planned), 1440);
    const kept = plan({
      cron,
      cursor: "2026-05-01T00:00Z",
      now: "2026-05-02T00:00Z",
      policies,
      retentionMs: HOUR,
    });
    assert.equal(kept.runs.length, 61);
    assert.equal(sum(kept), 1440);
  });

  it("cuts gaps at each local midnight, also on days of 23 and 25 hours", () => {
    const planned = plan({
      timeZone: "America/New_York",
      cursor: "2026-03-07T05:00Z",
      now: "2026-03-09T04:30Z",
    });
    assert.deepEqual(gaps(planned), [
      "down 2026-03-07T06:00..2026-03-08T04:00 ×23",
      "down 2026-03-08T05:00..2026-03-09T03:00 ×23",
    ]);
    assert.deepEqual(runs(planned), ["2026-03-09T04:00"]);
  });

  it("gives what falls due in [from, until) of a pause the reason `paused`, and does not catch it up", () => {
    const pause = { fromAt: at("2026-05-01T08:00Z"), untilAt: at("2026-05-01T10:00Z") };
    const planned = plan({ cursor: "2026-05-01T06:00Z", now: "2026-05-01T10:30Z", pause });
    assert.deepEqual(runs(planned), ["2026-05-01T10:00"]);
    assert.deepEqual(gaps(planned), [
      "down 2026-05-01T07:00..2026-05-01T07:00 ×1",
      "paused 2026-05-01T08:00..2026-05-01T09:00 ×2",
    ]);
    const open = plan({
      cursor: "2026-05-01T06:00Z",
      now: "2026-05-01T10:30Z",
      pause: { ...pause, untilAt: null },
    });
    assert.deepEqual(runs(open), []);
    assert.equal(open.gaps.at(-1)?.reason, "paused");
  });

  it("a year's pause of a minutely task with `all` takes no time", () => {
    const pause = { fromAt: at("2026-01-01T00:00Z"), untilAt: null };
    const planned = plan({
      cron: "* * * * *",
      cursor: "2025-12-31T23:58Z",
      now: "2026-12-31T00:00Z",
      policies: { catchUp: "all", startWithin: null },
      retentionMs: 400 * DAY,
      pause,
    });
    assert.deepEqual(runs(planned), ["2025-12-31T23:59"]);
    assert.equal(planned.gaps.length, 365);
  });

  it("takes an array of schedules as one identity: latest and next are over all its parts", () => {
    const schedule = union([parse("0 9 * * *"), parse("0 12 * * *"), parse("0 9 * * 1-5")]);
    const planned = planSchedule({
      id: "reports",
      aliveSinceAt: null,
      schedule,
      timeZone: "UTC",
      policies: POLICIES,
      cursorAt: at("2026-05-01T08:00Z"),
      pause: null,
      retentionMs: 90 * DAY,
      now: at("2026-05-01T12:30Z"),
    });
    assert.deepEqual(runs(planned), ["2026-05-01T12:00"]);
    assert.deepEqual(gaps(planned), ["down 2026-05-01T09:00..2026-05-01T09:00 ×1"]);
    assert.equal(iso(planned.nextAt ?? 0), "2026-05-02T09:00");
  });

  it("gives an occurrence until just before the next one, and its deadline from its due instant", () => {
    const [run] = plan({
      cursor: "2026-05-01T09:00Z",
      now: "2026-05-01T10:00Z",
      policies: { deadlineMs: 5 * MINUTE },
    }).runs;
    assert.equal(run?.startBy, at("2026-05-01T11:00Z") - 1);
    assert.equal(run?.deadlineAt, at("2026-05-01T10:05Z"));
  });

  it("makes no run whose deadline passed while nothing was alive: that is gap `down`", () => {
    const planned = plan({
      cursor: "2026-05-01T09:00Z",
      now: "2026-05-01T11:06Z",
      policies: { deadlineMs: 5 * MINUTE },
    });
    assert.deepEqual(runs(planned), []);
    assert.deepEqual(gaps(planned), ["down 2026-05-01T10:00..2026-05-01T11:00 ×2"]);
  });

  it("accounts for every occurrence exactly once, whatever the situation", () => {
    const expressions = ["* * * * *", "*/7 2-4 * * *", "30 2 * * *", "0 0 1 * 1", "15 */6 * * *"];
    const zones = ["UTC", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo"];
    const situation = fc.record({
      cron: fc.constantFrom(...expressions),
      timeZone: fc.constantFrom(...zones),
      catchUp: fc.constantFrom("none", "latest", "all"),
      startWithin: fc.constantFrom("next", null, 90_000, HOUR),
      from: fc.integer({ min: at("2018-01-01T00:00Z"), max: at("2027-01-01T00:00Z") }),
      spanMs: fc.integer({ min: 1, max: 4 * DAY }),
      pauseFrom: fc.integer({ min: -DAY, max: 4 * DAY }),
      pauseMs: fc.option(fc.integer({ min: 1, max: 2 * DAY })),
    });
    fc.assert(
      fc.property(situation, ({ cron, timeZone, catchUp, startWithin, from, spanMs, ...rest }) => {
        const schedule = parse(cron, { timeZone });
        const now = from + spanMs;
        const fromAt = from + rest.pauseFrom;
        const untilAt = rest.pauseMs === null ? null : fromAt + rest.pauseMs;
        const planned = planSchedule({
          id: "reports",
          aliveSinceAt: null,
          schedule,
          timeZone,
          policies: { ...POLICIES, catchUp, startWithin } as Policies,
          cursorAt: from,
          pause: { fromAt, untilAt },
          retentionMs: DAY,
          now,
        });
        const placed = [
          ...planned.runs.map(({ dueAt }) => dueAt),
          ...planned.gaps.flatMap((gap) => [...schedule.between(gap.fromAt, gap.toAt + 1)]),
        ].sort((a, b) => a - b);
        assert.deepEqual(placed, [...schedule.between(from + 1, now + 1)]);
        for (const gap of planned.gaps) {
          assert.equal(gap.count, [...schedule.between(gap.fromAt, gap.toAt + 1)].length);
          assert.ok(gap.toAt < gap.dayEndAt);
        }
      }),
      { numRuns: 300 },
    );
  });
});

function sum({ runs, gaps }: Plan): number {
  return runs.length + gaps.reduce((total, gap) => total + gap.count, 0);
}

describe("planning with jitter", () => {
  const jitter = { jitterMs: 30 * MINUTE };
  const startOf = (hour: string): number => {
    const planned = plan({ policies: jitter, cursor: `${hour}:59Z`, now: nextHour(hour) });
    return planned.runs[0]?.readyAt ?? Number.NaN;
  };
  const nextHour = (hour: string): string => iso(at(`${hour}:00Z`) + HOUR).concat("Z");

  it("makes a run ready within its jitter, always at the same instant", () => {
    const ready = startOf("2026-05-01T09");
    assert.ok(ready > at("2026-05-01T10:00Z") && ready < at("2026-05-01T10:30Z"));
    const late = plan({ policies: jitter, cursor: "2026-05-01T09:59Z", now: "2026-05-01T10:59Z" });
    assert.equal(late.runs[0]?.readyAt, ready);
    assert.equal(late.runs[0]?.live, false);
  });

  it("counts how late it may start from its start, and `next` to the start of the next", () => {
    const [first, second] = [startOf("2026-05-01T09"), startOf("2026-05-01T10")];
    const planned = plan({
      policies: jitter,
      cursor: "2026-05-01T09:59Z",
      now: "2026-05-01T10:00Z",
    });
    assert.equal(planned.runs[0]?.startBy, second - 1);
    const within = plan({
      policies: { ...jitter, startWithin: 5 * MINUTE },
      cursor: "2026-05-01T09:59Z",
      now: "2026-05-01T10:00Z",
    });
    assert.equal(within.runs[0]?.startBy, first + 5 * MINUTE);
  });

  it("counts the deadline from the due instant", () => {
    const policies = { ...jitter, deadlineMs: HOUR };
    const planned = plan({ policies, cursor: "2026-05-01T09:59Z", now: "2026-05-01T10:00Z" });
    assert.equal(planned.runs[0]?.deadlineAt, at("2026-05-01T11:00Z"));
  });

  it("takes for live what is planned before its start, however long after its due instant", () => {
    const ready = startOf("2026-05-01T09");
    const policies = { ...jitter, catchUp: "none", startWithin: MINUTE } as const;
    const before = { policies, cursor: "2026-05-01T09:59Z", now: iso(ready).concat("Z") };
    assert.equal(plan(before).runs[0]?.live, true);
    const after = { ...before, now: iso(ready + 3 * MINUTE).concat("Z") };
    assert.deepEqual(runs(plan(after)), []);
    assert.deepEqual(gaps(plan(after)), ["down 2026-05-01T10:00..2026-05-01T10:00 ×1"]);
  });
});

describe("planning by a tick", () => {
  const tick = (since: string, situation: Situation): Plan =>
    plan({ ...situation, aliveSince: since });
  const gone = { cursor: "2026-05-01T09:30Z", now: "2026-05-01T13:00Z" };

  it("runs each occurrence since the last that may still start, whatever the catch-up", () => {
    for (const catchUp of ["none", "latest", "all"] as const) {
      const policies = { catchUp, startWithin: 2 * HOUR };
      const planned = tick("2026-05-01T09:30Z", { ...gone, policies });
      const hours = ["2026-05-01T11:00", "2026-05-01T12:00", "2026-05-01T13:00"];
      assert.deepEqual(runs(planned), hours);
      assert.deepEqual(gaps(planned), ["late 2026-05-01T10:00..2026-05-01T10:00 ×1"]);
    }
  });

  it("runs the newest only by the default, and calls the others late", () => {
    const planned = tick("2026-05-01T09:30Z", gone);
    assert.deepEqual(runs(planned), ["2026-05-01T13:00"]);
    assert.deepEqual(gaps(planned), ["late 2026-05-01T10:00..2026-05-01T12:00 ×3"]);
  });

  it("calls down what fell due before the last one, and judges it by the catch-up", () => {
    const policies = { startWithin: 12 * HOUR };
    const planned = tick("2026-05-01T11:30Z", { ...gone, policies });
    assert.deepEqual(runs(planned), ["2026-05-01T12:00", "2026-05-01T13:00"]);
    assert.deepEqual(gaps(planned), ["down 2026-05-01T10:00..2026-05-01T11:00 ×2"]);
  });

  it("lets the first come to its gate as live, and the others queue behind it", () => {
    const policies = { startWithin: 2 * HOUR };
    const planned = tick("2026-05-01T09:30Z", { ...gone, policies });
    assert.deepEqual(
      planned.runs.map(({ live }) => live),
      [true, false, false],
    );
  });

  it("runs no more than the bound, the newest", () => {
    const planned = tick("2026-05-01T00:00Z", {
      cron: "* * * * *",
      policies: { catchUp: "all", startWithin: null },
      cursor: "2026-05-01T00:00Z",
      now: "2026-05-02T00:00Z",
    });
    assert.equal(planned.runs.length, CATCH_UP_MAX);
    assert.deepEqual(gaps(planned), ["late 2026-05-01T00:01..2026-05-01T07:20 ×440"]);
  });
});
