import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type DownIncident,
  followTask,
  lastLine,
  type Sign,
  type TaskIncident,
  told,
  toldAt,
  withMissed,
} from "./incident.ts";

function failed(at: number, schedule: string | null = "a"): Sign {
  const run = { id: `run-${at}`, reason: "exhausted", error: `error ${at}`, endedAt: at } as const;
  return { kind: "failed", schedule, run };
}

function late(at: number, schedule = "a"): Sign {
  return { kind: "late", schedule, dueAt: at, at };
}

function succeeded(startedAt: number, schedule: string | null = "a"): Sign {
  return { kind: "succeeded", schedule, startedAt, endedAt: startedAt + 1 };
}

/** What becomes of the signs, in their order: the steps, and the incident at the end. */
function follow(...signs: readonly Sign[]): { steps: string[]; incident: TaskIncident | null } {
  const steps: string[] = [];
  let open: TaskIncident | null = null;
  let last: TaskIncident | null = null;
  for (const [index, sign] of signs.entries()) {
    const { incident, step } = followTask(open, "backup", sign, `i${index}`);
    if (step !== null) steps.push(`${step} ${incident?.id}`);
    last = incident ?? last;
    open = step === "closed" ? null : incident;
  }
  return { steps, incident: last };
}

describe("the incident of a task", () => {
  it("opens with the first failure, and further causes join it", () => {
    const { steps, incident } = follow(failed(10), failed(20), late(30));
    assert.deepEqual(steps, ["opened i0"]);
    assert.ok(incident);
    const { openedAt, lastAt, closedAt, failed: runs, missed, run } = incident;
    assert.deepEqual([openedAt, lastAt, closedAt, runs, missed], [10, 30, null, 2, 1]);
    assert.equal(run?.id, "run-20");
  });

  it("keeps the run that failed last, in whatever order they are settled", () => {
    assert.equal(follow(failed(20), failed(10)).incident?.run?.id, "run-20");
  });

  it("is closed by a success of the schedule that started after the last cause", () => {
    assert.deepEqual(follow(failed(10), succeeded(9)).steps, ["opened i0"]);
    assert.deepEqual(follow(failed(10), succeeded(10)).steps, ["opened i0", "closed i0"]);
    assert.deepEqual(follow(failed(10), failed(20), succeeded(15)).steps, ["opened i0"]);
    const { incident } = follow(failed(10), succeeded(15));
    assert.deepEqual([incident?.closedAt, incident?.closedBy], [16, "success"]);
  });

  it("with causes of several schedules waits for a success of each", () => {
    const signs = [failed(10, "a"), failed(11, "b")];
    assert.deepEqual(follow(...signs, succeeded(12, "a")).steps, ["opened i0"]);
    const both = follow(...signs, succeeded(12, "a"), succeeded(13, "b"));
    assert.deepEqual(both.steps, ["opened i0", "closed i0"]);
  });

  it("is closed by a triggered run's success whatever the schedule, and a triggered run's by any", () => {
    assert.equal(follow(failed(10, "a"), failed(11, "b"), succeeded(12, null)).steps.length, 2);
    assert.equal(follow(failed(10, null), succeeded(12, "b")).steps.length, 2);
  });

  it("is closed by the removal of its task, and loses what a removed schedule caused", () => {
    const { steps, incident } = follow(failed(10), { kind: "removed", at: 20 });
    assert.deepEqual(steps, ["opened i0", "closed i0"]);
    assert.equal(incident?.closedBy, "removal");
    const gone: Sign = { kind: "unscheduled", schedule: "b", at: 20 };
    assert.equal(follow(failed(10, "a"), failed(10, "b"), gone).steps.length, 1);
    assert.equal(follow(failed(10, "b"), gone).steps.length, 2);
  });

  it("opens anew after it was closed", () => {
    const { steps } = follow(failed(10), succeeded(11), failed(20));
    assert.deepEqual(steps, ["opened i0", "closed i0", "opened i2"]);
  });

  it("says nothing of a success where there is none", () => {
    assert.deepEqual(follow(succeeded(1), { kind: "removed", at: 2 }), {
      steps: [],
      incident: null,
    });
  });

  it("stays small however many schedules a task has", () => {
    const signs = Array.from({ length: 1_000 }, (_, index) => failed(index, `s${index}`));
    const { incident } = follow(...signs);
    assert.ok(incident);
    assert.ok(Object.keys(incident.unanswered).length <= 101);
    assert.equal(incident.failed, 1_000);
  });
});

describe("the incident of a downtime", () => {
  const missed = {
    at: 1_000_000,
    fromAt: 500_000,
    missed: 3,
    caughtUp: 1,
    tasks: { a: 3 },
    channels: ["ops"],
  };

  it("tells from the last sign of life to the next, and all that was missed in between", () => {
    const downtime = { fromAt: 450_000, untilAt: 999_000 };
    const open = withMissed(null, missed, downtime, "d");
    const more = { ...missed, at: 1_001_000, tasks: { a: 1, b: 2 }, channels: ["mail", "ops"] };
    const joined = withMissed(open, more, downtime, "other");
    const expected: DownIncident = {
      kind: "down",
      id: "d",
      openedAt: 1_000_000,
      lastAt: 1_001_000,
      closedAt: null,
      fromAt: 450_000,
      untilAt: 999_000,
      missed: 6,
      caughtUp: 2,
      tasks: { a: 4, b: 2 },
      channels: ["ops", "mail"],
    };
    assert.deepEqual(joined, expected);
  });

  it("tells the occurrences' own time where they fell into no downtime that was noted", () => {
    for (const downtime of [null, { fromAt: 100, untilAt: 200 }]) {
      const { fromAt, untilAt } = withMissed(null, missed, downtime, "d");
      assert.deepEqual([fromAt, untilAt], [500_000, 1_000_000]);
    }
  });

  it("waits for ten quiet seconds, a minute at most, and is over with its message", () => {
    const open = withMissed(null, missed, null, "d");
    assert.equal(toldAt(open), 1_010_000);
    assert.equal(toldAt({ ...open, lastAt: 1_055_000 }), 1_060_000);
    assert.equal(told(open, 1_010_000).closedAt, 1_010_000);
  });
});

describe("the last line of an error", () => {
  it("is what is read first, and never long", () => {
    const record = (message: string) => ({ message, code: null, stack: null });
    assert.equal(
      lastLine(record("fetch failed\n  caused by: ECONNREFUSED  \n\n")),
      "caused by: ECONNREFUSED",
    );
    assert.equal(lastLine(record(" \n")), null);
    assert.equal(lastLine(null), null);
    assert.equal(lastLine(record("x".repeat(5_000)))?.length, 301);
  });
});
