import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RunRow } from "../records.ts";
import { NOW, verdicts, WAITING } from "./diagnose.fixture.ts";
import { diagnoseStuck, STUCK_MS, stuckRuns } from "./diagnose-stuck.ts";

const LONG_AGO = NOW - STUCK_MS;
const OLD: RunRow = { ...WAITING, dueAt: LONG_AGO, readyAt: LONG_AGO };

describe("a diagnosis of what is stuck", () => {
  it("finds of each task what has waited longest, and passes over what waits for a time or a person", () => {
    const older = { ...OLD, id: "older", dueAt: LONG_AGO - 1, readyAt: LONG_AGO - 1 };
    const parked = { ...OLD, id: "parked", task: "gated", readyAt: null, parked: "gate" } as const;
    const runs: readonly RunRow[] = [
      OLD,
      older,
      parked,
      { ...OLD, id: "fresh", task: "fresh", readyAt: NOW },
      { ...OLD, id: "retry", task: "retry", readyAt: NOW + 1 },
      { ...OLD, id: "paused", task: "paused", readyAt: null, parked: "paused" },
    ];
    assert.deepEqual(
      stuckRuns(runs, NOW).map(({ id }) => id),
      ["older", "parked"],
    );
  });

  it("tells why, with the command that lifts it, and how many more there are", () => {
    const gated = { ...OLD, task: "gated", parked: "gate" } as const;
    const why = { subject: "r", cause: "c", sentence: "No node is alive.", evidence: {} };
    const findings = diagnoseStuck(
      [OLD, gated, { ...OLD, task: "third" }],
      [
        { ...why, remedy: ["belfry up"] },
        { ...why, remedy: [] },
      ],
      NOW,
    );
    assert.deepEqual(verdicts(findings), ["wrong", "doubtful", "doubtful"]);
    assert.match(
      findings[0]?.message ?? "",
      /^backup \(019aa000-\S+\), due 10 min ago, does not start: No node/,
    );
    assert.equal(findings[0]?.remedy, "belfry up");
    assert.equal(findings[1]?.remedy, "belfry why r");
    assert.match(findings[2]?.message ?? "", /^Runs of 1 more task have/);
  });
});
