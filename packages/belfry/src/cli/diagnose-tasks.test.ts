import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TaskRow } from "../records.ts";
import { definition } from "../stores/store.fixture.ts";
import { NODE, NOW, TASK, verdicts } from "./diagnose.fixture.ts";
import {
  diagnoseCarriers,
  diagnoseRefusals,
  diagnoseTasks,
  diagnoseWatched,
} from "./diagnose-tasks.ts";

describe("a diagnosis of tasks", () => {
  it("finds errors in their files wrong, warnings doubtful", () => {
    const problem = {
      file: "a.ts",
      line: 3,
      path: "backup.retry",
      message: "is bad",
      hint: "mend",
    };
    const findings = diagnoseTasks(2, [
      { ...problem, severity: "error" },
      { ...problem, severity: "warning" },
    ]);
    assert.deepEqual(verdicts(findings), ["ok", "wrong", "doubtful"]);
    assert.equal(findings[1]?.message, "a.ts:3: backup.retry: is bad");
  });

  it("finds it wrong that no node has the code, or could load it", () => {
    const row = (name: string, source: string): TaskRow => ({ ...TASK, name, source });
    const rows = [
      row("a", "shop"),
      row("b", "shop"),
      row("c", "away"),
      { ...row("d", "shop"), carriers: ["n1"] },
    ];
    assert.deepEqual(
      diagnoseCarriers(rows, [NODE], NOW).map(({ message }) => message),
      ["No live node could load a, b.", "No live node has the code of c."],
    );
    assert.deepEqual(diagnoseCarriers(rows, [], NOW), [], "that nobody is alive is said already");
  });

  it("names both sides of a name that another source had first, once", () => {
    const loaded = (task: string) => ({ definition: definition(task), file: "tasks.ts", line: 3 });
    const rows = [
      { ...TASK, name: "backup", source: "shop" },
      { ...TASK, name: "tidy", source: "office" },
      { ...TASK, name: "gone", source: "shop", enabled: false },
    ];
    const tasks = ["backup", "tidy", "gone", "new"].map(loaded);
    const brought = { task: "backup", source: "office", file: "tasks.ts", line: 3 };
    const owner = { source: "shop", file: "jobs.ts", line: 7 };
    const refusals = [
      { ...brought, owner },
      {
        task: "tidy",
        source: "home",
        file: "my.yaml",
        line: 2,
        owner: { ...owner, source: "office" },
      },
    ];
    const findings = diagnoseRefusals("office", tasks, rows, refusals);
    assert.deepEqual(
      findings.map(({ message }) => message),
      [
        "tasks.ts:3: backup of office is refused: the source shop has a task of this name (its jobs.ts:7).",
        "my.yaml:2: tidy of home is refused: the source office has a task of this name (its jobs.ts:7).",
      ],
    );
    assert.deepEqual(verdicts(findings), ["wrong", "wrong"]);
  });

  it("names those that nobody watches, and asks no heartbeat of what has no schedule", () => {
    const watch = {
      alerts: ["ops"],
      heartbeat: { kind: "plain", host: "example.org" },
      mail: null,
    } as const;
    const watched = definition("a", { watch });
    const byHand = definition("b", { schedules: [], watch: { ...watch, heartbeat: null } });
    assert.deepEqual(verdicts(diagnoseWatched([watched, byHand])), ["ok"]);
    const findings = diagnoseWatched([watched, byHand, definition("c")]);
    assert.deepEqual(verdicts(findings), ["doubtful", "doubtful"]);
    assert.match(findings[0]?.message ?? "", /told when 1 task fails: c\.$/);
    assert.match(findings[1]?.message ?? "", /when 1 task does not run: c\.$/);
    assert.deepEqual(diagnoseWatched([]), []);
  });
});
