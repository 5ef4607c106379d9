import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "../clocks/virtual.ts";
import { BelfryError } from "../core/errors.ts";
import { heartbeatTarget } from "../define/heartbeat.ts";
import type { EngineEvent } from "../engine/events.ts";
import type { LogBatch, LogLine } from "../log.ts";
import { captureIo } from "./captured-io.fixture.ts";
import { Session } from "./session.ts";
import { Style } from "./terminal/style.ts";
import { JsonReporter } from "./up-json.ts";
import { eventLine } from "./up-lines.ts";
import { PrettyReporter } from "./up-pretty.ts";
import { Troubles } from "./up-reporter.ts";

const now = Date.parse("2026-11-24T02:30:00Z");

const ended = {
  kind: "ended",
  run: "01a20fc8-12e0-8710-a4af-72bd25599051",
  task: "backup",
  number: 1,
  state: "succeeded",
  reason: null,
  durationMs: 1_250,
  error: null,
  retryAt: null,
} as const;

function line(event: EngineEvent, next: number | null = null): string | null {
  return eventLine(event, { now, timeZone: "UTC", next, times: 1, style: new Style(false) });
}

describe("what happens on a node, in lines", () => {
  it("tells how a run ended, how long it took, and when the task is due next", () => {
    assert.equal(line(ended, now + 3_600_000), "02:30:00  ✓ backup succeeded  1.2 s  next in 1 h");
  });

  it("tells of a failure what was said, and where to read on", () => {
    assert.equal(
      line({ ...ended, state: "failed", reason: "exhausted", error: "exited with 3\nmore" }),
      "02:30:00  ✗ backup failed (exhausted): exited with 3  1.2 s  " +
        "belfry logs 01a20fc8-12e0-8710-a4af",
    );
    assert.equal(
      line({ ...ended, state: "pending", error: "busy", retryAt: now + 10_000 }),
      "02:30:00  ↻ backup attempt 1 failed: busy; tried again in 10 s  1.2 s",
    );
  });

  it("tells what did not run, and why", () => {
    const gap = { kind: "gap", task: "backup", count: 3, toAt: now - 3_600_000 } as const;
    assert.equal(
      line({ ...gap, reason: "down", fromAt: now - 3 * 3_600_000 }),
      "02:30:00  ○ backup did not run 3 times, due 2026-11-23 23:30 UTC … " +
        "2026-11-24 01:30 UTC: no node was up and working",
    );
  });

  it("tells who is told of trouble, and when it is over", () => {
    const incident = {
      kind: "task",
      id: "i",
      task: "backup",
      openedAt: now - 7_500_000,
      lastAt: now - 60_000,
      closedAt: null,
      failed: 3,
      missed: 0,
      unanswered: {},
      run: null,
      closedBy: null,
    } as const;
    const opened = {
      kind: "incident",
      step: "opened",
      incident,
      channels: ["ops", "team"],
    } as const;
    assert.equal(line(opened), "02:30:00  ! backup is in trouble  told to ops, team");
    assert.equal(line({ ...opened, channels: [] }), null);
    const over = { ...incident, closedAt: now, closedBy: "success" } as const;
    assert.equal(
      line({ ...opened, step: "closed", incident: over, channels: [] }),
      "02:30:00  ✓ backup works again after 2 h 5 min: 3 runs failed",
    );
  });

  it("tells from when to when the node was down, and what that means", () => {
    const incident = {
      kind: "down",
      id: "i",
      openedAt: now,
      lastAt: now,
      closedAt: now,
      fromAt: now - 3_600_000,
      untilAt: now,
      missed: 59,
      caughtUp: 1,
      tasks: {},
      channels: [],
    } as const;
    const event = { kind: "incident", step: "closed", incident, channels: [] } as const;
    assert.equal(
      line(event),
      "02:30:00  ! down from 2026-11-24 01:30 to 02:30 UTC: 59 occurrences missed, 1 caught up",
    );
    const longer = { ...incident, fromAt: now - 86_400_000 };
    assert.match(line({ ...event, incident: longer }) ?? "", /2026-11-23 02:30 UTC to 2026-11-24/);
  });

  it("tells which channel could not be told, and when it is tried again", () => {
    const alert = { kind: "alert", alert: "i/opened/ops", channel: "ops", incident: "i" } as const;
    const of = { ...alert, task: "backup", step: "opened", error: new Error("503") } as const;
    assert.equal(
      line({ ...of, result: "failed", retryAt: now + 5_000 }),
      "02:30:00  ! ops could not be told of backup: 503; again in 5 s",
    );
    assert.equal(line({ ...of, result: "sent", error: null, retryAt: null }), null);
  });

  it("lets nothing in a name or a message steer the terminal", () => {
    const text = line({ ...ended, state: "failed", error: "\u001b]0;owned\u0007" });
    assert.match(text ?? "", /\\x1b\]0;owned\\x07/);
  });
});

describe("the pretty reporter", () => {
  const up = { node: "n", tasks: [], problems: [], http: null };

  it("tells the first lines of a flood, then how many more there were", async () => {
    const clock = new VirtualClock(now);
    const captured = captureIo({ clock, terminal: 200, env: { NO_COLOR: "1" } });
    const reporter = new PrettyReporter(new Session(captured.io, { quiet: true }), "warn", "UTC");
    reporter.up({ ...up, config: await anyConfig() });
    for (let run = 0; run < 1_000; run++) reporter.event({ ...ended, state: "failed" });
    clock.wakeNext(now + 1_000);
    const lines = captured.stdout.trimEnd().split("\n");
    assert.equal(lines.length, 21);
    assert.equal(lines.at(-1), "… and 980 failed");
  });

  it("tells who watches this node, by kind and host, or that nobody does", async () => {
    const config = await anyConfig();
    const url = "https://hc-ping.com/s3cret";
    const heartbeat = heartbeatTarget({ url, kind: null });
    for (const [node, said] of [
      [config.node, /Watched by +nobody outside: /],
      [{ ...config.node, heartbeat }, /Watched by +the service healthchecks at hc-ping\.com, /],
    ] as const) {
      const env = { NO_COLOR: "1" };
      const captured = captureIo({ clock: new VirtualClock(now), terminal: 200, env });
      const session = new Session(captured.io, {});
      new PrettyReporter(session, "info", "UTC").up({ ...up, config: { ...config, node } });
      assert.match(captured.stdout, said);
      new JsonReporter(session, "info").up({ ...up, config: { ...config, node } });
      assert.equal(captured.stdout.includes("s3cret"), false);
    }
  });

  it("keeps quiet about what went well where only warnings are wanted", async () => {
    const captured = captureIo({ clock: new VirtualClock(now), terminal: 200 });
    const reporter = new PrettyReporter(new Session(captured.io, {}), "warn", "UTC");
    reporter.up({ ...up, config: await anyConfig() });
    reporter.event(ended);
    assert.equal(captured.stdout, "");
  });
});

describe("trouble that lasts", () => {
  it("is told once, then each minute with how often it came", () => {
    const troubles = new Troubles();
    assert.equal(troubles.count("planner", "disk full", 0), 1);
    for (let at = 1; at <= 5_000; at++)
      assert.equal(troubles.count("planner", "disk full", at), null);
    assert.equal(troubles.count("planner", "no memory", 5_001), 1);
    assert.equal(troubles.count("planner", "disk full", 60_000), 5_001);
  });
});

describe("the JSON reporter", () => {
  it("writes one object a line, with ISO instants and errors as text", () => {
    const captured = captureIo({ clock: new VirtualClock(now) });
    const reporter = new JsonReporter(new Session(captured.io, {}), "info");
    reporter.event({ ...ended, state: "pending", retryAt: now });
    reporter.event({ kind: "trouble", service: "planner", error: new Error("away"), retryInMs: 5 });
    reporter.event({ kind: "attempt", run: "r", task: "t", number: 1, dueAt: now, startedAt: now });
    const [first, second, none] = captured.stdout.split("\n");
    const { at, level, event, retryAt } = JSON.parse(first ?? "");
    assert.deepEqual(
      { at, level, event, retryAt },
      {
        at: "2026-11-24T02:30:00.000Z",
        level: "warn",
        event: "ended",
        retryAt: "2026-11-24T02:30:00.000Z",
      },
    );
    assert.deepEqual(JSON.parse(second ?? ""), {
      at: "2026-11-24T02:30:00.000Z",
      level: "warn",
      event: "trouble",
      service: "planner",
      message: "away",
      times: 1,
      retryInMs: 5,
    });
    assert.equal(none, "");
  });

  it("tells once of a store that is away, whichever services meet it", () => {
    const captured = captureIo({ clock: new VirtualClock(now) });
    const reporter = new JsonReporter(new Session(captured.io, {}), "info");
    const error = new BelfryError("unavailable", "store-unavailable", "the disk is full");
    for (const service of ["planner", "dispatcher", "settler"]) {
      reporter.event({ kind: "trouble", service, error, retryInMs: 5 });
    }
    const [line = "", none] = captured.stdout.split("\n");
    assert.equal(JSON.parse(line).service, "store");
    assert.equal(none, "");
  });
});

async function anyConfig() {
  return await new Session(captureIo({ cwd: "/" }).io, {}).config();
}

describe("what runs print", () => {
  const attempt = { kind: "attempt", run: ended.run, task: "backup", number: 1 } as const;
  const batch = (lines: readonly LogLine[]): LogBatch[] => [
    { run: ended.run, attempt: 1, firstLine: 0, lines, forget: null },
  ];
  const out: LogLine = {
    at: now,
    attempt: 1,
    stream: "stdout",
    level: null,
    text: "copied",
    fields: null,
  };
  const log: LogLine = { ...out, stream: "log", level: "debug", text: "7 rows", fields: '{"a":1}' };

  it("is told as JSON with its run and task, from its level on", () => {
    const captured = captureIo({ clock: new VirtualClock(now) });
    const reporter = new JsonReporter(new Session(captured.io, {}), "info");
    reporter.event({ ...attempt, dueAt: now, startedAt: now });
    reporter.output(batch([out, log]));
    const said = { level: "info", event: "output", run: ended.run, task: "backup", attempt: 1 };
    assert.deepEqual(
      captured.stdout
        .split("\n")
        .filter(Boolean)
        .map((text) => JSON.parse(text)),
      [{ at: "2026-11-24T02:30:00.000Z", ...said, stream: "stdout", text: "copied", fields: null }],
    );
  });

  it("is told to people with the task's name, and steers no terminal", () => {
    const captured = captureIo({
      clock: new VirtualClock(now),
      terminal: 200,
      env: { NO_COLOR: "1" },
    });
    const reporter = new PrettyReporter(new Session(captured.io, {}), "debug", "UTC");
    reporter.event({ ...attempt, dueAt: now, startedAt: now });
    reporter.output(batch([out, log, { ...out, text: "\u001b[2J" }]));
    assert.equal(
      captured.stdout,
      '02:30:00  backup │ copied\n02:30:00  backup │ 7 rows {"a":1}\n02:30:00  backup │ \\x1b[2J\n',
    );
  });
});
