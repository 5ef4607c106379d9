import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import type { EngineEvent } from "../engine/events.ts";
import type { Census } from "../records.ts";
import { Metrics } from "./metrics.ts";

const NOW = Date.UTC(2026, 10, 24, 12);
const ODD = 'quo"te\\and\nline';

const CENSUS: Census = {
  pending: 3,
  oldestPendingDueAt: NOW - 1_500,
  deadLetters: 2,
  tasks: [
    { name: "backup", lastSuccessAt: NOW - 60_000, nextDueAt: NOW + 250 },
    { name: ODD, lastSuccessAt: null, nextDueAt: null },
  ],
};

const ENDED = {
  kind: "ended",
  run: "r",
  task: "backup",
  number: 1,
  state: "succeeded",
  reason: null,
  durationMs: 40_000,
  error: null,
  retryAt: null,
} as const;

const EVENTS: readonly EngineEvent[] = [
  { kind: "attempt", run: "r", task: "backup", number: 1, dueAt: NOW, startedAt: NOW + 20 },
  { kind: "attempt", run: "r", task: "backup", number: 2, dueAt: NOW, startedAt: NOW + 90_000 },
  { ...ENDED, state: "pending" },
  ENDED,
  { ...ENDED, task: ODD, state: "failed" },
  { kind: "gap", task: "backup", reason: "late", count: 4, fromAt: NOW, toAt: NOW },
  { kind: "gap", task: "backup", reason: "late", count: 1, fromAt: NOW, toAt: NOW },
  {
    kind: "alert",
    alert: "i/opened/ops",
    channel: "ops",
    incident: "i",
    task: "backup",
    step: "opened",
    result: "failed",
    error: new Error("no"),
    retryAt: NOW,
  },
  { kind: "started", node: "n" },
];

function measured(): Metrics {
  const metrics = new Metrics();
  for (const event of EVENTS) metrics.hear(event);
  metrics.storeAnswered("claim", 0.7);
  metrics.storeAnswered("claim", 60_000);
  return metrics;
}

const READINGS = { census: CENSUS, leaseUntil: NOW + 20_000, now: NOW };

/** Whether Prometheus' own tool is here; the tests that need it say so where it is not. */
function promtool(t: TestContext, args: readonly string[], input = ""): string | null {
  const { error, status, stdout, stderr } = spawnSync("promtool", args, {
    input,
    encoding: "utf8",
  });
  if (error !== undefined) {
    t.skip("promtool is not installed (Debian: apt install prometheus): the format is NOT checked");
    return null;
  }
  return status === 0 ? "accepted" : `${stdout}${stderr}`;
}

describe("metrics", () => {
  it("count what ended, what did not run, and what was sent", () => {
    const lines = measured().text(READINGS, "openmetrics").split("\n");
    const expected = [
      'belfry_runs_total{task="backup",state="succeeded"} 1',
      'belfry_runs_total{task="backup",state="failed"} 0',
      'belfry_runs_total{task="quo\\"te\\\\and\\nline",state="failed"} 1',
      'belfry_gap_occurrences_total{task="backup",reason="late"} 5',
      'belfry_alerts_total{channel="ops",result="failed"} 1',
      'belfry_start_delay_seconds_bucket{le="0.025"} 1',
      "belfry_start_delay_seconds_count 1",
      "belfry_run_duration_seconds_sum 80",
      'belfry_run_duration_seconds_bucket{le="30.0"} 0',
      'belfry_run_duration_seconds_bucket{le="60.0"} 2',
      'belfry_run_duration_seconds_bucket{le="+Inf"} 2',
      'belfry_store_latency_seconds_bucket{verb="claim",le="0.001"} 1',
      'belfry_store_latency_seconds_bucket{verb="claim",le="10.0"} 1',
      'belfry_store_latency_seconds_bucket{verb="claim",le="+Inf"} 2',
      `belfry_task_last_success_timestamp_seconds{task="backup"} ${NOW / 1_000 - 60}`,
      `belfry_task_next_due_timestamp_seconds{task="backup"} ${NOW / 1_000 + 0.25}`,
      "belfry_runs_pending 3",
      "belfry_run_oldest_pending_seconds 1.5",
      "belfry_dead_letters 2",
      "belfry_node_lease_seconds 20",
    ];
    for (const line of expected) assert.ok(lines.includes(line), `${line}\n${lines.join("\n")}`);
  });

  it("show what is counted here while the store is away, and a lease that ran out as none", () => {
    const text = measured().text({ census: null, leaseUntil: NOW - 1, now: NOW }, "text");
    assert.match(text, /^belfry_runs_total\{task="backup",state="succeeded"\} 1$/m);
    assert.match(text, /^belfry_node_lease_seconds 0$/m);
    assert.doesNotMatch(text, /belfry_runs_pending/);
  });

  it("bear no task where they are histograms", () => {
    const text = measured().text(READINGS, "text");
    const histograms = text.split("\n").filter((line) => /_(bucket|sum|count)[{ ]/.test(line));
    assert.ok(histograms.length > 30);
    assert.deepEqual(
      histograms.filter((line) => line.includes("task=")),
      [],
    );
  });

  it("say of each family what it is, in which unit, and where the answer ends", () => {
    const text = measured().text(READINGS, "openmetrics");
    const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [
      name,
      type,
    ]);
    assert.deepEqual(types, [
      ["belfry_runs", "counter"],
      ["belfry_run_duration_seconds", "histogram"],
      ["belfry_start_delay_seconds", "histogram"],
      ["belfry_gap_occurrences", "counter"],
      ["belfry_task_last_success_timestamp_seconds", "gauge"],
      ["belfry_task_next_due_timestamp_seconds", "gauge"],
      ["belfry_runs_pending", "gauge"],
      ["belfry_run_oldest_pending_seconds", "gauge"],
      ["belfry_dead_letters", "gauge"],
      ["belfry_node_lease_seconds", "gauge"],
      ["belfry_store_latency_seconds", "histogram"],
      ["belfry_alerts", "counter"],
    ]);
    const units = [...text.matchAll(/^# UNIT (\S+) seconds$/gm)].map(([, name]) => name);
    assert.deepEqual(
      units,
      types.map(([name]) => name).filter((name) => name?.endsWith("_seconds")),
    );
    assert.equal([...text.matchAll(/^# HELP /gm)].length, types.length);
    assert.match(text, /\n# EOF\n$/);
  });

  for (const metrics of [measured(), new Metrics()]) {
    it("are what `promtool check metrics` accepts, without a remark", (t) => {
      const said = promtool(t, ["check", "metrics"], metrics.text(READINGS, "text"));
      if (said !== null) assert.equal(said, "accepted");
    });
  }

  it("are what Prometheus reads as OpenMetrics", (t) => {
    const folder = mkdtempSync(join(tmpdir(), "belfry-metrics-"));
    try {
      // The tool wants instants, which a scraper adds by itself.
      const text = measured()
        .text(READINGS, "openmetrics")
        .replaceAll(/^(?!#)(.+)$/gm, `$1 ${NOW / 1_000}`);
      const file = join(folder, "metrics");
      writeFileSync(file, text);
      const blocks = join(folder, "blocks");
      const said = promtool(t, ["tsdb", "create-blocks-from", "openmetrics", file, blocks]);
      if (said !== null) assert.equal(said, "accepted");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
