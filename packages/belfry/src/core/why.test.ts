import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Attempt, Reason } from "./run.ts";
import { whyRun, whyTask } from "./why.ts";
import type { WhyNode, WhyRun, WhyWorld } from "./why-world.ts";

const NOON = Date.UTC(2026, 10, 24, 12);
const HOUR = 3_600_000;

const node: WhyNode = {
  id: "n1",
  running: 0,
  concurrency: 50,
  tags: [],
  draining: null,
  stalled: null,
};

const world: WhyWorld = {
  now: NOON,
  task: "backup",
  enabled: true,
  pause: null,
  attemptsMax: 3,
  nodes: [node],
  code: "carried",
  carriers: ["n1", "n2"],
  runsOn: [],
  gate: null,
  replaced: null,
  nameOf: (run) => `run ${run}`,
  orphan: null,
  schedules: 1,
  nextAt: NOON + HOUR,
  lastFailure: null,
  instantText: (at) => new Date(at).toISOString().slice(11, 16),
};

const pending: WhyRun = {
  id: "r1",
  task: "backup",
  state: "pending",
  reason: null,
  parked: null,
  gate: null,
  slot: false,
  readyAt: NOON,
  dueAt: NOON,
  startedAt: null,
  endedAt: null,
  node: null,
  asked: null,
  attempts: [],
  error: null,
};

const running: WhyRun = {
  ...pending,
  id: "r0",
  state: "running",
  readyAt: null,
  startedAt: NOON,
  node: "n1",
};

function error(message: string, code: string | null = null) {
  return { message, code, stack: null };
}

function attempt(over: Partial<Attempt> = {}): Attempt {
  return {
    number: 1,
    node: "n1",
    fence: 1,
    outcome: "failed",
    startedAt: NOON,
    endedAt: NOON,
    exitCode: null,
    signal: null,
    error: error("disk full\n    at backup.ts:3"),
    logBytes: 0,
    logBytesDropped: 0,
    ...over,
  };
}

function ended(reason: Reason, over: Partial<WhyRun> = {}): WhyRun {
  return { ...pending, state: "failed", reason, endedAt: NOON, attempts: [attempt()], ...over };
}

/** The cause and the sentence. */
function said(why: { cause: string; sentence: string }): string {
  return `${why.cause}: ${why.sentence}`;
}

describe("why a task is not running", () => {
  it("is not due yet, or never again, or by hand only", () => {
    assert.deepEqual(whyTask(world, []), {
      subject: "backup",
      cause: "not-due",
      sentence: "It is not due yet: next at 13:00.",
      evidence: { nextAt: "13:00" },
      remedy: ["belfry run backup"],
    });
    assert.equal(
      said(whyTask({ ...world, nextAt: null }, [])),
      "never-due: Its schedule has no occurrence to come: it is never due again.",
    );
    assert.equal(whyTask({ ...world, schedules: 0, nextAt: null }, []).cause, "no-schedule");
  });

  it("is not due, and its last run failed: that first", () => {
    const lastFailure = ended("exhausted", { id: "r9", error: error("disk full.\nmore") });
    const why = whyTask({ ...world, lastFailure }, []);
    assert.equal(
      said(why),
      "not-due: It is not due yet: next at 13:00. Its last run failed at 12:00: disk full.",
    );
    assert.deepEqual(why.evidence, {
      nextAt: "13:00",
      lastRun: "r9",
      lastRunReason: "exhausted",
      lastRunEndedAt: "12:00",
    });
    assert.deepEqual(why.remedy, ["belfry why r9", "belfry run backup"]);
  });

  it("is paused, by whom, since when, until when and why", () => {
    const pause = { by: "ann@h", reason: "new disk", fromAt: NOON, untilAt: NOON + 2 * HOUR };
    const why = whyTask({ ...world, pause }, [pending]);
    assert.equal(said(why), "paused: ann@h paused backup at 12:00, until 14:00: new disk.");
    assert.deepEqual(why.remedy, ["belfry resume backup"]);
    const open = { ...pause, reason: null, untilAt: null };
    assert.match(whyTask({ ...world, pause: open }, []).sentence, /until somebody resumes it\.$/);
    const over = { ...pause, untilAt: NOON };
    assert.equal(whyTask({ ...world, pause: over }, []).cause, "not-due");
  });

  it("was removed", () => {
    const why = whyTask({ ...world, enabled: false, nodes: [] }, []);
    assert.equal(why.cause, "removed");
  });

  it("has no node, or none with its code", () => {
    const alone = whyTask({ ...world, nodes: [], code: "absent" }, []);
    assert.deepEqual([alone.cause, alone.remedy], ["no-node", ["belfry up"]]);
    const other = whyTask({ ...world, code: "absent" }, []);
    assert.equal(said(other), "no-code: No live node has the code of backup.");
  });

  it("has no node with the tags that it runs on", () => {
    const tagged = { ...node, tags: ["eu"] };
    const bare = { ...world, nodes: [tagged], carriers: [], code: "unplaced" } as const;
    const why = whyTask({ ...bare, runsOn: ["eu", "gpu"] }, []);
    assert.equal(said(why), "no-tags: No living node has the tags eu, gpu, which backup runs on.");
    assert.deepEqual(why.evidence, { runsOn: ["eu", "gpu"], nodes: [{ id: "n1", tags: ["eu"] }] });
    const parked = { ...pending, readyAt: null, parked: "code" } as const;
    assert.equal(
      said(whyRun({ ...bare, runsOn: ["gpu"] }, parked)),
      "no-tags: No living node has the tag gpu, which backup runs on.",
    );
  });

  it("waits since all nodes that may run it drain, but for what runs already", () => {
    const draining = { ...node, draining: { sinceAt: NOON - HOUR, by: "ann@h" } };
    const drained = { ...world, nodes: [draining] };
    const only = "draining: The only live node that may run it, n1, drains since 11:00, by ann@h.";
    assert.equal(said(whyRun(drained, pending)), only);
    assert.equal(said(whyTask(drained, [])), only);
    assert.deepEqual(whyTask(drained, []).remedy, ["belfry nodes drain n1 --off", "belfry up"]);
    assert.equal(whyTask(drained, [running]).cause, "running");
    const second = { ...draining, id: "n2" };
    assert.match(
      whyRun({ ...drained, nodes: [draining, second] }, pending).sentence,
      /^All 2 live nodes that may run it drain: n1 since 11:00, by ann@h\.$/,
    );
    const other = { ...node, id: "n2" };
    assert.equal(whyRun({ ...drained, nodes: [draining, other] }, pending).cause, "starting");
    const elsewhere = { ...node, id: "n3" };
    assert.equal(whyRun({ ...drained, nodes: [draining, elsewhere] }, pending).cause, "draining");
  });

  it("finds room only on nodes that may run it", () => {
    const full = { ...node, running: 50 };
    const elsewhere = { ...node, id: "n3" };
    assert.equal(whyRun({ ...world, nodes: [full, elsewhere] }, pending).cause, "no-room");
  });

  it("could not be loaded: doctor says where", () => {
    const why = whyTask({ ...world, code: "unread" }, [pending]);
    assert.match(said(why), /^no-code: backup is declared, but no live node could load it: /);
    assert.deepEqual(why.remedy, ["belfry doctor"]);
  });

  it("stands behind a loop that stands still, unless another node goes on", () => {
    const stalled = { ...node, stalled: { sinceAt: NOON - HOUR, tasks: ["report", "sum"] } };
    const why = whyTask({ ...world, nodes: [stalled] }, []);
    assert.equal(
      said(why),
      "stalled: The node n1 stands still since 11:00: report or sum blocks it.",
    );
    assert.equal(
      whyTask({ ...world, nodes: [stalled, { ...node, id: "n2" }] }, []).cause,
      "not-due",
    );
  });

  it("is past its limit, and by whom", () => {
    const gate = { id: "backup", max: 1, holders: ["r0"], waiting: 2 };
    const waiting = { ...pending, gate: "backup", readyAt: null, parked: "gate" } as const;
    const why = whyTask({ ...world, gate }, [running, waiting]);
    assert.equal(said(why), "at-limit: 1 of 1 allowed at once hold the limit of backup; 2 wait.");
    assert.equal(why.subject, "backup");
    assert.deepEqual(why.remedy, ["belfry show r0", "belfry cancel r0"]);
    const held = whyTask({ ...world, gate, orphan: { run: "r0", node: "n9" } }, [waiting]);
    assert.match(held.sentence, / 2 wait\. The node n9 of one of them is gone\.$/);
    assert.deepEqual(held.remedy, ["belfry up"]);
  });

  it("waits for its retry, and after what", () => {
    const waiting = { ...pending, readyAt: NOON + HOUR, attempts: [attempt()] };
    const why = whyTask(world, [waiting]);
    assert.equal(said(why), "retry-wait: Attempt 1 failed: disk full; the next starts at 13:00.");
    assert.deepEqual(why.evidence, { attempt: 1, attempts: 3, readyAt: "13:00" });
    const lost = { ...waiting, attempts: [attempt({ outcome: "timed-out", error: null })] };
    assert.match(whyTask(world, [lost]).sentence, /^Attempt 1 timed out; /);
  });

  it("runs already", () => {
    assert.equal(said(whyTask(world, [running])), "running: It is running on n1 since 12:00.");
  });

  it("waits for the run by hand that comes before its next occurrence, not for a later one", () => {
    const sooner = { ...pending, dueAt: NOON + HOUR / 2, readyAt: NOON + HOUR / 2 };
    assert.equal(said(whyTask(world, [sooner])), "not-due: It is due at 12:30.");
    const later = { ...pending, dueAt: NOON + 2 * HOUR, readyAt: NOON + 2 * HOUR };
    assert.equal(whyTask(world, [later]).sentence, "It is not due yet: next at 13:00.");
  });
});

describe("why a run does not run", () => {
  it("waits for what the world lacks", () => {
    const why = whyRun({ ...world, nodes: [] }, pending);
    assert.deepEqual([why.subject, why.cause], ["r1", "no-node"]);
  });

  it("is triggered for later", () => {
    const why = whyRun(world, { ...pending, dueAt: NOON + HOUR, readyAt: NOON + 24 * HOUR });
    assert.equal(said(why), "not-due: It is due at 12:00.");
  });

  it("waits for its jitter, also where its gate is full by now", () => {
    const gate = { id: "backup", max: 1, holders: ["r0"], waiting: 0 };
    const waiting = { ...pending, gate: "backup", dueAt: NOON - HOUR, readyAt: NOON + HOUR };
    const sentence = "jitter: It was due at 11:00 and waits for its jitter until 13:00.";
    assert.equal(said(whyRun({ ...world, gate }, waiting)), sentence);
    assert.equal(said(whyTask({ ...world, nextAt: NOON + 2 * HOUR }, [waiting])), sentence);
    assert.equal(whyTask({ ...world, gate }, [running, waiting]).cause, "running");
  });

  it("waits for the run that it replaces, and that one for its end", () => {
    const gate = { id: "backup", max: 1, holders: ["r0"], waiting: 1 };
    const waiting = { ...pending, gate: "backup", readyAt: null, parked: "gate" } as const;
    const replaced = { run: "r0", by: "r1" };
    const why = whyRun({ ...world, gate, replaced }, waiting);
    const asked = "replacing: It replaces run r0, which was asked to end and has not ended yet.";
    assert.equal(said(why), asked);
    const ending = { ...running, asked: { asked: "replaced", by: "r1" } } as const;
    assert.match(whyRun(world, ending).sentence, /since run r1 came due and replaces it/);
  });

  it("waits for code, for room, or for nothing", () => {
    const parked = { ...pending, readyAt: null, parked: "code" } as const;
    assert.equal(whyRun(world, parked).cause, "no-code");
    const full = { ...node, running: 50 };
    const why = whyRun({ ...world, nodes: [full] }, pending);
    assert.deepEqual(
      [why.cause, why.evidence["nodes"]],
      ["no-room", [{ id: "n1", running: 50, concurrency: 50 }]],
    );
    assert.equal(whyRun(world, pending).cause, "starting");
  });

  it("runs, is asked to end, or its node is gone", () => {
    assert.equal(whyRun(world, running).cause, "running");
    const asked = { ...running, asked: { asked: "cancelled", by: "ann@h" } } as const;
    assert.equal(
      said(whyRun(world, asked)),
      "ending: ann@h asked it to end; it has not ended yet.",
    );
    assert.equal(whyRun({ ...world, nodes: [] }, running).cause, "node-lost");
  });
});

describe("why a run ended as it did", () => {
  it("succeeded", () => {
    const run = { ...pending, state: "succeeded", endedAt: NOON } as const;
    assert.equal(said(whyRun(world, run)), "succeeded: It succeeded at 12:00.");
  });

  it("failed in each attempt, or for good, with what was said", () => {
    const why = whyRun(world, ended("exhausted", { error: error("disk full", "ENOSPC") }));
    assert.equal(said(why), "exhausted: It failed in each attempt it had (1 attempt): disk full.");
    assert.deepEqual(why.evidence["error"], error("disk full", "ENOSPC"));
    assert.deepEqual(why.remedy, ["belfry logs r1", "belfry replay r1"]);
    assert.match(
      whyRun(world, ended("permanent")).sentence,
      /^It failed in a way that trying again cannot help \(1 attempt\): disk full\.$/,
    );
  });

  it("was lost: said once", () => {
    const lost = error("its node died or was cut off", "lost");
    const attempts = [1, 2, 3].map((number) => attempt({ number, outcome: "lost", error: lost }));
    assert.equal(
      said(whyRun(world, ended("lost", { error: lost, attempts }))),
      "lost: The node that ran it died or was cut off (3 attempts).",
    );
  });

  it("timed out, or was over its deadline: after how long", () => {
    const timeout = error("still running at its timeout of 30 s", "timeout");
    assert.equal(
      said(whyRun(world, ended("timed-out", { error: timeout }))),
      "timed-out: It was still running at its timeout of 30 s (1 attempt).",
    );
    const deadline = error("still running at its deadline of 60 s", "deadline");
    assert.equal(
      whyRun(world, ended("deadline", { error: deadline })).sentence,
      "It was still running at its deadline of 60 s (1 attempt).",
    );
    assert.equal(
      whyRun(world, ended("deadline", { error: error("disk full") })).sentence,
      "It could not be done before its deadline (1 attempt): disk full.",
    );
  });

  it("was cancelled, by whom, or replaced", () => {
    const cancelled = { ...pending, state: "cancelled", endedAt: NOON } as const;
    const asked = { asked: "cancelled", by: "ann@h" } as const;
    const why = whyRun(world, { ...cancelled, reason: "cancelled", asked });
    assert.equal(said(why), "cancelled: ann@h cancelled it at 12:00.");
    assert.deepEqual(why.remedy, ["belfry replay r1"]);
    assert.equal(
      said(whyRun(world, { ...cancelled, reason: "replaced" })),
      "replaced: A newer run replaced it.",
    );
    const byAnother = { asked: "replaced", by: "r2" } as const;
    assert.equal(
      said(whyRun(world, { ...cancelled, reason: "replaced", asked: byAnother })),
      "replaced: run r2 replaced it at 12:00: it came due while this one still ran.",
    );
  });
});
