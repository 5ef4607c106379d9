import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ScheduleError } from "@belfry/schedule";
import type { Policies } from "../core/definition.ts";
import { BelfryError } from "../core/errors.ts";
import { occurrenceReference, runReference } from "../core/run-reference.ts";
import type { RunRow } from "../records.ts";
import { errorView } from "./error.ts";
import { isoInstants } from "./instant.ts";
import { policyWords } from "./policy-words.ts";
import { runDetailView, runView } from "./run.ts";
import { scheduleWords } from "./schedule.ts";

const dueAt = Date.parse("2026-11-24T02:30:00Z");

const run: RunRow = {
  id: "01a20fc8-12e0-8710-a4af-72bd25599051",
  task: "backup",
  schedule: "f00",
  scheduleKey: "default",
  state: "succeeded",
  reason: null,
  trigger: { kind: "schedule", by: "default" },
  definition: "d",
  dueAt,
  createdAt: dueAt,
  readyAt: null,
  parked: null,
  gate: null,
  slot: false,
  startedAt: dueAt + 3,
  endedAt: dueAt + 1_003,
  deadlineAt: null,
  startBy: null,
  node: "n1",
  fence: 7,
  asked: null,
  attempts: [],
  payload: '{"a":1}',
  result: "2",
  error: null,
  report: '{"rows":3}',
  progress: null,
  idempotencyKey: null,
  replayOf: null,
};

const policies: Policies = {
  catchUp: "latest",
  startWithin: "next",
  concurrency: { limit: 1, by: null },
  overlap: "skip",
  retry: { attempts: 3, waitMs: 10_000, maxMs: 900_000 },
  timeoutMs: 5_400_000,
  deadlineMs: null,
  jitterMs: 0,
  runsOn: [],
  delivery: "at-least-once",
};

describe("a run as JSON", () => {
  it("has the contract's keys, ISO instants, and JSON values as values", () => {
    const view = runView(run);
    assert.deepEqual(Object.keys(view), [
      "id",
      "task",
      "schedule",
      "state",
      "reason",
      "trigger",
      "dueAt",
      "createdAt",
      "readyAt",
      "startedAt",
      "endedAt",
      "durationMs",
      "attempt",
      "node",
      "payload",
      "result",
      "error",
      "report",
      "progress",
      "replayOf",
      "replacedBy",
    ]);
    assert.equal(view.dueAt, "2026-11-24T02:30:00.000Z");
    assert.equal(view.durationMs, 1_000);
    assert.deepEqual([view.payload, view.result, view.report], [{ a: 1 }, 2, { rows: 3 }]);
  });

  it("counts the attempt under way", () => {
    assert.equal(runView({ ...run, state: "running", endedAt: null }).attempt, 1);
    assert.equal(runView({ ...run, state: "pending" }).attempt, 0);
    assert.deepEqual(runDetailView(run).attempts, []);
  });
});

describe("the name of a run in lists", () => {
  it("is its occurrence, with the key where there are several schedules", () => {
    assert.equal(runReference(run), "backup@2026-11-24T02:30Z");
    assert.equal(runReference({ ...run, scheduleKey: "noon" }), "backup/noon@2026-11-24T02:30Z");
    assert.equal(runReference({ ...run, dueAt: dueAt + 5_000 }), "backup@2026-11-24T02:30:05Z");
  });

  it("is the beginning of its id where no occurrence made it", () => {
    const trigger = { kind: "manual", by: "ann@h" } as const;
    assert.equal(runReference({ ...run, scheduleKey: null, trigger }), "01a20fc8-12e0-8710-a4af");
  });

  it("is made of task, key and instant alone", () => {
    assert.equal(occurrenceReference("a", "default", dueAt), "a@2026-11-24T02:30Z");
    assert.equal(occurrenceReference("a", "k", dueAt + 5_000), "a/k@2026-11-24T02:30:05Z");
  });
});

describe("policies in sentences", () => {
  it("say the defaults too", () => {
    assert.deepEqual(policyWords(policies), [
      "Of what was missed while no node was up and working, the latest runs.",
      "It may start late, until its next occurrence.",
      "One run at a time; what comes due meanwhile is skipped.",
      "Up to 3 attempts: the second at most 10 seconds after the first, then twice as long each time up to 15 minutes.",
      "At least once: if its node is lost, it is tried again elsewhere.",
      "An attempt is ended after 1 hour 30 minutes.",
    ]);
  });

  it("say limits for each value of a field", () => {
    const each = {
      ...policies,
      concurrency: { limit: 2, by: "customer" },
      overlap: "queue",
    } as const;
    assert.equal(
      policyWords(each)[2],
      "At most 2 runs at once for each customer of the payload; what comes due meanwhile waits.",
    );
  });
});

describe("views", () => {
  it("turn instants into ISO by their names, however deep, and leave figures alone", () => {
    const view = isoInstants({ dueAt, count: 3, holders: [{ startedAt: dueAt }], endedAt: null });
    assert.deepEqual(view, {
      dueAt: "2026-11-24T02:30:00.000Z",
      count: 3,
      holders: [{ startedAt: "2026-11-24T02:30:00.000Z" }],
      endedAt: null,
    });
  });

  it("tell an error's hint apart from its message", () => {
    const { error } = errorView(new ScheduleError("range", "hour 25", { hint: "write 0 to 23" }));
    assert.deepEqual([error.message, error.hint], ["hour 25", "write 0 to 23"]);
    const place = { file: "a.ts", line: 2 };
    const own = errorView(new BelfryError("usage", "bad", "is bad", null, place)).error;
    assert.deepEqual(own, { code: "bad", message: "is bad", hint: null, file: "a.ts", line: 2 });
    assert.equal(errorView("oops").error.code, "internal");
  });

  it("show a schedule that this version cannot read as it is written", () => {
    const part = {
      expression: "61 * * * *",
      dialect: "unix",
      timeZone: "UTC",
      anchor: null,
    } as const;
    assert.equal(scheduleWords("id", [part]), "61 * * * * (UTC)");
  });
});
