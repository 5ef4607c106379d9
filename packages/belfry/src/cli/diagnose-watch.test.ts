import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { heartbeatTarget } from "../define/heartbeat.ts";
import type { OutboxRow } from "../outbox.ts";
import type { NodeHeartbeat, NodeRow } from "../records.ts";
import { diagnoseHeartbeats, diagnoseWatch } from "./diagnose-watch.ts";

const now = 1_000_000;
const target = heartbeatTarget({ url: "https://hc-ping.com/s3cret", kind: null });

function node(heartbeat: NodeHeartbeat | null): NodeRow {
  return {
    id: "n1",
    host: "h",
    pid: 7,
    version: "0.1.0",
    concurrency: 50,
    tags: [],
    http: null,
    leaseUntil: now + 20_000,
    state: "alive",
    startedAt: 0,
    endedAt: null,
    running: 0,
    releases: [],
    stalled: null,
    draining: null,
    heartbeat,
  };
}

const row: OutboxRow = {
  id: "r/heartbeat",
  kind: "heartbeat",
  channel: null,
  task: "backup",
  run: "r",
  incident: null,
  step: null,
  state: "waiting",
  tries: 3,
  readyAt: now,
  madeAt: now - 300_000,
  endedAt: null,
  error: "hc-ping.com answered 404: it knows no such check",
};

describe("a diagnosis of who watches", () => {
  it("says that nobody outside does, and how somebody would", () => {
    const [finding] = diagnoseWatch(null, [node(null)], now);
    assert.equal(finding?.verdict, "doubtful");
    assert.match(finding.message, /^Nobody outside watches this node/);
    assert.match(finding.remedy ?? "", /node\.heartbeat/);
  });

  it("says who does and when it heard, by kind and host only", () => {
    const heard = node({ heardAt: now - 20_000, failedAt: null, error: null });
    const [finding, more] = diagnoseWatch(target, [heard], now);
    assert.equal(more, undefined);
    assert.deepEqual(finding, {
      check: "watched by",
      verdict: "ok",
      message: "The service healthchecks at hc-ping.com, which heard 20 s ago.",
      remedy: null,
    });
    const hidden = heartbeatTarget({ url: { secret: "HC_URL" }, kind: "cronitor" });
    const [secret] = diagnoseWatch(hidden, [], now);
    assert.equal(secret?.message, "The service cronitor at a URL that is a secret.");
  });

  it("says when the last sign of life failed, and why", () => {
    const error = "hc-ping.com answered 404: it knows no such check";
    const failed = node({ heardAt: now - 600_000, failedAt: now - 15_000, error });
    const [finding] = diagnoseWatch(target, [failed], now);
    assert.equal(finding?.verdict, "wrong");
    assert.equal(
      finding.message,
      `The last sign of life of node n1 failed 15 s ago: ${error}. It was heard 10 min ago.`,
    );
    const never = node({ heardAt: null, failedAt: now - 15_000, error });
    assert.match(diagnoseWatch(target, [never], now)[0]?.message ?? "", /It was never heard\.$/);
  });

  it("doubts a node that gives none although it should, and asks no dead one", () => {
    const [finding] = diagnoseWatch(target, [node(null)], now);
    assert.equal(finding?.verdict, "doubtful");
    assert.equal(diagnoseWatch(target, [{ ...node(null), state: "dead" }], now).length, 1);
  });
});

describe("a diagnosis of tasks' heartbeats", () => {
  it("names those that were not heard, and why", () => {
    const findings = diagnoseHeartbeats(
      [
        row,
        { ...row, task: "sync", state: "dropped", error: "older than an hour" },
        { ...row, task: "good", state: "sent", error: null },
        { ...row, task: "new", error: null, tries: 0 },
      ],
      now,
    );
    assert.deepEqual(
      findings.map(({ verdict, message }) => [verdict, message]),
      [
        [
          "wrong",
          "The heartbeat of backup for its end 5 min ago waits, tried 3 times: hc-ping.com answered 404: it knows no such check.",
        ],
        ["wrong", "The heartbeat of sync for its end 5 min ago was given up: older than an hour."],
      ],
    );
    const many = diagnoseHeartbeats(Array(8).fill(row), now);
    assert.equal(many.at(-1)?.message, "3 more tasks are not heard either.");
  });
});
