import { systemEntropy } from "../packages/belfry/src/clocks/system.ts";
import { runId } from "../packages/belfry/src/core/identity.ts";
import { openBelfry, task } from "../packages/belfry/src/index.ts";
import type { ClaimedRun } from "../packages/belfry/src/records.ts";
import type { Settlement, Store } from "../packages/belfry/src/store.ts";
import { SqliteStore } from "../packages/belfry/src/stores/sqlite/store.ts";
import { median, round } from "./figures.ts";

// Runs that do nothing, a node of no engine that claims and settles, and an engine that drains.

export const RUNS: number = Number(process.env["BENCH_RUNS"] ?? 50_000);
export const CONCURRENCY = 2_000;
export const BATCH = 1_000;
export const NODE = "bench";

const noop = task("noop", { concurrency: "unlimited", run: async () => {} });

export interface Rate {
  readonly runsPerSecond: number;
  readonly cpuMicrosecondsPerRun: number;
}

/** Makes the task known, then puts runs before it. */
export async function preload(path: string): Promise<void> {
  {
    await using belfry = await openBelfry({ store: `sqlite:${path}`, tasks: [noop] });
    await belfry.start();
    await belfry.trigger(noop).then((run) => run.finished());
  }
  const store = new SqliteStore(path);
  const [row] = await store.tasks("noop");
  if (row === undefined) throw new Error("the task was not adopted");
  const now = Date.now();
  const request = () => ({
    id: runId(now, systemEntropy()),
    task: "noop",
    definition: row.definition,
    trigger: { kind: "manual", by: "bench" } as const,
    dueAt: now,
    payload: null,
    idempotencyKey: null,
    gate: null,
    deadlineAt: null,
    replayOf: null,
    force: false,
  });
  for (let made = 0; made < RUNS; made += 1_000) {
    await store.trigger(Array.from({ length: 1_000 }, request), now);
  }
  await store.close();
}

/** A node of no engine, which carries every task of the store. */
export async function joinBench(store: Store): Promise<void> {
  const now = Date.now();
  const rows = await store.tasks(null);
  const source = rows[0]?.source;
  if (source === undefined) throw new Error("no task was adopted");
  const tasks = rows.map(({ name, definition }) => ({ name, definition, file: null, line: null }));
  const releases = [{ source, hash: "bench", tasks, unread: [] }];
  const leaseUntil = now + 3_600_000;
  await store.join(
    {
      id: NODE,
      host: "bench",
      pid: 1,
      version: "0",
      concurrency: 1,
      tags: [],
      http: null,
      leaseUntil,
      releases,
    },
    now,
  );
}

/** Claims and settles in batches, nothing else, until nothing is due. */
export async function claimAndSettle(store: Store): Promise<void> {
  let held: readonly ClaimedRun[] = [];
  do {
    const now = Date.now();
    const claim = { node: NODE, claimId: systemEntropy(), limit: BATCH, only: null };
    // In one turn, so that they share a commit where the store can.
    const settled = store.settle(held.map(succeeded), now);
    held = (await store.claim(claim, now)).runs;
    await settled;
  } while (held.length > 0);
}

function succeeded(run: ClaimedRun): Settlement {
  return {
    run: run.id,
    fence: run.fence,
    task: run.task,
    gate: run.gate,
    dueAt: run.dueAt,
    attempt: {
      number: 1,
      node: NODE,
      fence: run.fence,
      outcome: "succeeded",
      startedAt: run.startedAt,
      endedAt: Date.now(),
      exitCode: null,
      signal: null,
      error: null,
      logBytes: 0,
      logBytesDropped: 0,
    },
    verdict: { move: "finish", state: "succeeded", reason: null },
    result: null,
    error: null,
    report: null,
    progress: null,
    watch: null,
  };
}

/** From the start of a node to the end of the last run; the start itself included. */
export async function drainByEngine(path: string): Promise<Rate> {
  await using belfry = await openBelfry({
    store: `sqlite:${path}`,
    tasks: [noop],
    node: { concurrency: CONCURRENCY },
  });
  let left = RUNS;
  const drained = Promise.withResolvers<void>();
  belfry.on((event) => {
    if (event.kind === "ended" && --left === 0) drained.resolve();
  });
  return await rateOf(async () => {
    await belfry.start();
    await drained.promise;
  });
}

export async function rateOf(work: () => Promise<void>): Promise<Rate> {
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  await work();
  const seconds = (performance.now() - startedAt) / 1_000;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { runsPerSecond: RUNS / seconds, cpuMicrosecondsPerRun: (user + system) / RUNS };
}

/** The median of the rounds. */
export function middleRate(rates: readonly Rate[]): Rate {
  return {
    runsPerSecond: Math.round(median(rates.map((rate) => rate.runsPerSecond))),
    cpuMicrosecondsPerRun: round(median(rates.map((rate) => rate.cpuMicrosecondsPerRun)), 1),
  };
}
