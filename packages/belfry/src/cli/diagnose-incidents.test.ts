import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TaskIncident } from "../core/incident.ts";
import { diagnoseIncidents } from "./diagnose-incidents.ts";

const NOW = 100_000_000;

describe("a diagnosis of incidents", () => {
  const incident: TaskIncident = {
    id: "i",
    kind: "task",
    task: "backup",
    openedAt: NOW - 7_200_000,
    lastAt: NOW,
    closedAt: null,
    failed: 3,
    missed: 0,
    unanswered: {},
    run: { id: "r", reason: "exhausted", error: "no route to host", endedAt: NOW },
    closedBy: null,
  };

  it("tells of tasks that fail and have not worked since, with the way to their output", () => {
    const [finding] = diagnoseIncidents([incident], NOW);
    assert.equal(finding?.verdict, "doubtful");
    assert.match(
      finding?.message ?? "",
      /^backup is in trouble, first 2 h ago: .*3.*: no route to host\.$/,
    );
    assert.equal(finding?.remedy, "belfry logs r");
    assert.equal(
      diagnoseIncidents([{ ...incident, run: null }], NOW)[0]?.remedy,
      "belfry why backup",
    );
  });
});
