import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { alertText, type Told } from "./alert-text.ts";
import type { DownIncident, TaskIncident } from "./incident.ts";

const AT = Date.UTC(2026, 10, 25, 2, 30);
const MINUTE = 60_000;
const INCIDENT: TaskIncident = {
  kind: "task",
  id: "i",
  task: "backup",
  openedAt: AT,
  lastAt: AT,
  closedAt: null,
  failed: 1,
  missed: 0,
  unanswered: { s: AT },
  run: { id: "r1", reason: "exhausted", error: "disk full", endedAt: AT },
  closedBy: null,
};
const TOLD: Told = {
  step: "opened",
  at: AT,
  incident: INCIDENT,
  timeZone: "Europe/Berlin",
  description: "the database",
  severity: "high",
  owner: "ann",
  runbook: "https://wiki.example.org/backup",
};

describe("the text of an alert", () => {
  it("says what, since when, why, whose, and what to do, with the end of the output", () => {
    const { subject, text, remedy } = alertText(TOLD, ["one", "two"]);
    assert.equal(subject, "[high] backup failed: disk full");
    assert.equal(
      text,
      `backup failed: disk full.
Since 2026-11-25 03:30:00 Europe/Berlin: 1 run failed.

Task: backup – the database
Severity: high
Owner: ann
Runbook: https://wiki.example.org/backup
Run: r1
Reason: exhausted
Error: disk full

The end of its output:
  one
  two

What to do:
  belfry why r1
  belfry logs r1
  belfry replay r1
`,
    );
    assert.deepEqual(remedy, ["belfry why r1", "belfry logs r1", "belfry replay r1"]);
  });

  it("says of the end how long it took, and nothing of the output", () => {
    const incident = { ...INCIDENT, failed: 3, missed: 1, closedBy: "success" } as const;
    const closed = { ...TOLD, step: "closed", incident, at: AT + 125 * MINUTE } as const;
    const { subject, text } = alertText(closed, ["one"]);
    assert.equal(subject, "[high] backup works again");
    assert.match(text, /: 3 runs failed, 1 occurrence came too late\./);
    assert.match(text, /Closed 2026-11-25 05:35:00 Europe\/Berlin, after 2 h 5 min\./);
    assert.doesNotMatch(text, /one/);
    const removed = { ...closed, incident: { ...incident, closedBy: "removal" } } as const;
    assert.match(alertText(removed, []).subject, /backup was removed/);
  });

  it("says of occurrences that came too late why to ask", () => {
    const incident = { ...INCIDENT, run: null, failed: 0, missed: 2 };
    const { subject, remedy } = alertText({ ...TOLD, incident, severity: null }, []);
    assert.equal(subject, "backup could not start in time");
    assert.deepEqual(remedy, ["belfry why backup"]);
  });

  it("tells one downtime in one message: from, to, how much was missed and caught up", () => {
    const incident: DownIncident = {
      kind: "down",
      id: "d",
      openedAt: AT + 60 * MINUTE,
      lastAt: AT + 60 * MINUTE,
      closedAt: AT + 61 * MINUTE,
      fromAt: AT,
      untilAt: AT + 60 * MINUTE,
      missed: 78,
      caughtUp: 1,
      tasks: { sync: 58, other: 15 },
      channels: ["ops"],
    };
    const { subject, text } = alertText({ ...TOLD, incident, timeZone: "UTC" }, []);
    assert.equal(subject, "Belfry was down for 1 h: 78 occurrences missed, 1 caught up");
    assert.equal(
      text,
      `Belfry was down from 2026-11-25 02:30:00 UTC to 2026-11-25 03:30:00 UTC: 78 occurrences missed, 1 caught up.

Missed:
  sync: 58
  other: 15
  other tasks: 5

What to do:
  belfry did --all
`,
    );
  });

  it("keeps what others wrote in one line that moves no cursor, and the subject short", () => {
    const error = `a\r\nSubject: evil\u001b[2J ${"x".repeat(500)}`;
    const run = { id: "r1", reason: "exhausted", error, endedAt: AT } as const;
    const { subject, text } = alertText({ ...TOLD, incident: { ...INCIDENT, run } }, ["a\u0007b"]);
    assert.ok(subject.length <= 160 && !/\p{Cc}/u.test(subject), subject);
    assert.doesNotMatch(text.replaceAll("\n", ""), /\p{Cc}/u);
  });
});
