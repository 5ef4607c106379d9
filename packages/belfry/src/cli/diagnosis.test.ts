import assert from "node:assert/strict";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { NodeRow, TaskRow } from "../records.ts";
import { definition } from "../stores/store.fixture.ts";
import {
  type Diagnosis,
  diagnoseCarriers,
  diagnoseClock,
  diagnoseFolder,
  diagnoseNodes,
  diagnoseOwners,
  diagnoseReleases,
  diagnoseRuntime,
  diagnoseTasks,
} from "./diagnosis.ts";

const now = 1_000_000;

const node: NodeRow = {
  id: "n1",
  host: "h",
  pid: 7,
  version: "0.1.0",
  concurrency: 50,
  leaseUntil: now + 20_000,
  state: "alive",
  startedAt: 0,
  endedAt: null,
  running: 0,
  releases: [{ source: "shop", hash: "aaaaaaaaaa" }],
  stalled: null,
  heartbeat: null,
};

const TASK: TaskRow = {
  name: "backup",
  source: "shop",
  enabled: true,
  definition: "d",
  body: definition("backup"),
  file: "jobs.ts",
  line: 7,
  pause: null,
  schedules: [],
  lastRun: null,
  lastSuccess: null,
  carriers: [],
};

const verdicts = (findings: readonly Diagnosis[]): string[] =>
  findings.map(({ verdict }) => verdict);

describe("a diagnosis", () => {
  it("of nodes: one alive is well, none is wrong", () => {
    assert.deepEqual(verdicts(diagnoseNodes([node], now)), ["ok"]);
    assert.deepEqual(verdicts(diagnoseNodes([], now)), ["wrong"]);
    assert.deepEqual(verdicts(diagnoseNodes([{ ...node, state: "left" }], now)), ["wrong"]);
  });

  it("of nodes: one whose lease ran out, or whose loop stands still, is wrong", () => {
    const expired = { ...node, leaseUntil: now - 1_000 };
    assert.deepEqual(verdicts(diagnoseNodes([expired], now)), ["wrong", "wrong"]);
    const stalled = { ...node, stalled: { sinceAt: now - 9_000, tasks: ["report"] } };
    const [, finding] = diagnoseNodes([stalled], now);
    assert.match(finding?.message ?? "", /stands still since 9 s: report blocks it/);
  });

  it("of releases: live nodes that disagree are named, dead ones are not asked", () => {
    const other = { ...node, id: "n2", releases: [{ source: "shop", hash: "bbbbbbbbbb" }] };
    const [finding] = diagnoseReleases([node, other], now);
    assert.match(finding?.message ?? "", /shop: aaaaaaaa and bbbbbbbb/);
    assert.deepEqual(diagnoseReleases([node, { ...other, state: "dead" }], now), []);
  });

  it("of tasks: no code on any node is wrong, and so is code that no node could load", () => {
    const row = (name: string, source: string): TaskRow => ({ ...TASK, name, source });
    const rows = [
      row("a", "shop"),
      row("b", "shop"),
      row("c", "away"),
      { ...row("d", "shop"), carriers: ["n1"] },
    ];
    assert.deepEqual(
      diagnoseCarriers(rows, [node], now).map(({ message }) => message),
      ["No live node could load a, b.", "No live node has the code of c."],
    );
    assert.deepEqual(diagnoseCarriers(rows, [], now), [], "that nobody is alive is said already");
  });

  it("of tasks: a name that another source had first is refused, and both are named", () => {
    const loaded = (task: string) => ({ definition: definition(task), file: "tasks.ts", line: 3 });
    const rows = [
      { ...TASK, name: "backup", source: "shop" },
      { ...TASK, name: "tidy", source: "office" },
      { ...TASK, name: "gone", source: "shop", enabled: false },
    ];
    const tasks = ["backup", "tidy", "gone", "new"].map(loaded);
    const [refusal, second] = diagnoseOwners("office", tasks, rows);
    assert.equal(second, undefined);
    assert.equal(
      refusal?.message,
      "tasks.ts:3: backup of office is refused: the source shop has a task of this name (its jobs.ts:7).",
    );
    assert.equal(refusal.verdict, "wrong");
  });

  it("of the clock: below the store's mark is wrong, and says how to set it right", () => {
    assert.equal(diagnoseClock(now + 4_000, now).verdict, "ok");
    const finding = diagnoseClock(now + 7_200_000, now);
    assert.equal(finding.verdict, "wrong");
    assert.match(finding.remedy ?? "", /--accept-clock/);
  });

  it("of the runtime: an SQLite that damages shared files is wrong", () => {
    assert.deepEqual(verdicts(diagnoseRuntime("26.0.0", "3.53.0")), ["ok", "ok"]);
    assert.deepEqual(verdicts(diagnoseRuntime("24.0.0", "3.51.2")), ["ok", "wrong"]);
    assert.deepEqual(verdicts(diagnoseRuntime("24.0.0", "4.0.0")), ["ok", "ok"]);
  });

  it("of task files: errors are wrong, warnings doubtful", () => {
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

  it("of the data folder: missing is doubtful, and so is one that others can read", async () => {
    const folder = await mkdtemp(join(tmpdir(), "belfry-doctor-"));
    try {
      assert.deepEqual(verdicts(await diagnoseFolder(join(folder, "none", "x.db"))), ["doubtful"]);
      const own = await diagnoseFolder(join(folder, "x.db"));
      assert.equal(own[0]?.verdict, "ok");
      await chmod(folder, 0o755);
      const open = await diagnoseFolder(join(folder, "x.db"));
      assert.equal(open[1]?.remedy, `chmod 700 ${folder}`);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
