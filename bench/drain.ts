/*
 * How many no-op runs a second the complete engine drains on SQLite with synchronous=FULL, every
 * run kept in history, beside the bare store doing claim and settle alone. Both in one run, in
 * turn; the share is what the engine leaves of the bare store's rate.
 */
import { join } from "node:path";
import { systemEntropy } from "../packages/belfry/src/clocks/system.ts";
import { runId } from "../packages/belfry/src/core/identity.ts";
import { openBelfry, task } from "../packages/belfry/src/index.ts";
import { SqliteStore } from "../packages/belfry/src/stores/sqlite/store.ts";
import { median, printTable, round } from "./figures.ts";
import { inScratch } from "./scratch.ts";

const RUNS = Number(process.env["BENCH_RUNS"] ?? 50_000);
const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 3);
const CONCURRENCY = 2_000;
const BATCH = 500;

const noop = task("noop", { concurrency: "unlimited", run: async () => {} });

export interface DrainFigures {
  readonly bareRunsPerSecond: number;
  readonly engineRunsPerSecond: number;
  readonly share: number;
  readonly runs: number;
  readonly concurrency: number;
  readonly engineCpuMicrosecondsPerRun: number;
}

/** Makes the task known, then puts runs before it. */
async function preload(path: string): Promise<void> {
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

/** Claim and settle in batches, nothing else: what the store itself can do. */
async function bare(path: string): Promise<number> {
  const store = new SqliteStore(path);
  const node = "bench";
  const now = Date.now();
  const [row] = await store.tasks("noop");
  const definition = row?.definition ?? "";
  const release = {
    source: row?.source ?? "",
    hash: "bench",
    tasks: [{ name: "noop", definition, file: null, line: null }],
    unread: [],
  };
  await store.join(
    {
      id: node,
      host: "bench",
      pid: 1,
      version: "0",
      concurrency: 1,
      leaseUntil: now + 3_600_000,
      releases: [release],
    },
    now,
  );
  const startedAt = performance.now();
  for (;;) {
    const claimId = systemEntropy();
    const { runs } = await store.claim({ node, claimId, limit: BATCH, only: null }, Date.now());
    if (runs.length === 0) break;
    const endedAt = Date.now();
    const settlements = runs.map((run) => ({
      run: run.id,
      fence: run.fence,
      attempt: {
        number: 1,
        node,
        fence: run.fence,
        outcome: "succeeded" as const,
        startedAt: run.startedAt,
        endedAt,
        exitCode: null,
        signal: null,
        error: null,
        logBytes: 0,
        logBytesDropped: 0,
      },
      verdict: { move: "finish" as const, state: "succeeded" as const, reason: null },
      result: null,
      error: null,
      report: null,
      progress: null,
      incidents: [],
    }));
    await store.settle(settlements, endedAt);
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  await store.leave(node, Date.now());
  await store.close();
  return RUNS / seconds;
}

/** From the start of a node to the end of the last run; the start itself included. */
async function engine(path: string): Promise<{ rate: number; cpu: number }> {
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
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  await belfry.start();
  await drained.promise;
  const seconds = (performance.now() - startedAt) / 1_000;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { rate: RUNS / seconds, cpu: (user + system) / RUNS };
}

export async function run(): Promise<DrainFigures> {
  const bares: number[] = [];
  const engines: number[] = [];
  const cpus: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await inScratch(async (folder) => {
      await preload(join(folder, "bare.db"));
      bares.push(await bare(join(folder, "bare.db")));
      await preload(join(folder, "engine.db"));
      const { rate, cpu } = await engine(join(folder, "engine.db"));
      engines.push(rate);
      cpus.push(cpu);
    });
  }
  return {
    bareRunsPerSecond: Math.round(median(bares)),
    engineRunsPerSecond: Math.round(median(engines)),
    share: round(median(engines) / median(bares)),
    runs: RUNS,
    concurrency: CONCURRENCY,
    engineCpuMicrosecondsPerRun: round(median(cpus), 1),
  };
}

export function print(figures: DrainFigures): void {
  printTable([
    ["drain of no-op runs, SQLite FULL, history kept", "runs/s", "share of bare"],
    [`bare store, claim + settle by ${BATCH}`, figures.bareRunsPerSecond, "1.00"],
    [
      `complete engine, concurrency ${figures.concurrency}`,
      figures.engineRunsPerSecond,
      figures.share.toFixed(2),
    ],
  ]);
}

if (import.meta.main) {
  const figures = await run();
  if (process.argv.includes("--json")) process.stdout.write(`${JSON.stringify(figures)}\n`);
  else print(figures);
}
