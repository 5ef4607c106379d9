import type { NodeRow, RunRow, TaskRow } from "../records.ts";
import { definition } from "../stores/store.fixture.ts";
import type { Diagnosis } from "./diagnosis.ts";

export const NOW = 100_000_000;

export const NODE: NodeRow = {
  id: "n1",
  host: "h",
  pid: 7,
  version: "0.1.0",
  concurrency: 50,
  tags: [],
  http: null,
  leaseUntil: NOW + 20_000,
  state: "alive",
  startedAt: 0,
  endedAt: null,
  running: 0,
  releases: [{ source: "shop", hash: "aaaaaaaaaa" }],
  stalled: null,
  draining: null,
  heartbeat: null,
};

export const TASK: TaskRow = {
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
  unplaced: [],
};

/** A run that waits and could start. */
export const WAITING: RunRow = {
  id: "019aa000-0000-7000-8000-000000000001",
  task: "backup",
  schedule: null,
  scheduleKey: null,
  state: "pending",
  reason: null,
  trigger: { kind: "manual", by: "ann" },
  definition: "d",
  dueAt: NOW,
  createdAt: NOW,
  readyAt: NOW,
  parked: null,
  gate: null,
  slot: false,
  startedAt: null,
  endedAt: null,
  deadlineAt: null,
  startBy: null,
  node: null,
  fence: null,
  asked: null,
  attempts: [],
  payload: null,
  result: null,
  error: null,
  report: null,
  progress: null,
  idempotencyKey: null,
  replayOf: null,
};

export function verdicts(findings: readonly Diagnosis[]): string[] {
  return findings.map(({ verdict }) => verdict);
}
