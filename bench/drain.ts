/*
 * How many no-op runs a second the complete engine drains on SQLite with synchronous=FULL, every
 * run kept in history, beside the bare store doing claim and settle alone: in this thread, and in
 * the keeper's, as the engine has it. All in one run, in turn; a figure is the median of the
 * rounds, the share is of the bare store's rate. CPU is that of all threads of the process.
 */
import { join } from "node:path";
import { systemEntropy } from "../packages/belfry/src/clocks/system.ts";
import { runId } from "../packages/belfry/src/core/identity.ts";
import { openBelfry, task } from "../packages/belfry/src/index.ts";
import type { ClaimedRun } from "../packages/belfry/src/records.ts";
import type { Settlement, Store } from "../packages/belfry/src/store.ts";
import { openKeeper } from "../packages/belfry/src/stores/sqlite/keeper-client.ts";
import { SqliteStore } from "../packages/belfry/src/stores/sqlite/store.ts";
import { median, printTable, round } from "./figures.ts";
import { inScratch } from "./scratch.ts";

const RUNS = Number(process.env["BENCH_RUNS"] ?? 50_000);
const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 3);
const CONCURRENCY = 2_000;
const BATCH = 1_000;
const NODE = "bench";

const noop = task("noop", { concurrency: "unlimited", run: async () => {} });

export interface DrainFigures {
  readonly bare: Rate;
  readonly keeper: Rate;
  readonly engine: Rate;
  readonly runs: number;
  readonly concurrency: number;
}

export interface Rate {
  readonly runsPerSecond: number;
  readonly cpuMicrosecondsPerRun: number;
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
async function bare(store: Store): Promise<Rate> {
  await joinBench(store);
  const rate = await rateOf(async () => {
    let held: readonly ClaimedRun[] = [];
    do {
      const now = Date.now();
      const claim = { node: NODE, claimId: systemEntropy(), limit: BATCH, only: null };
      // In one turn, so that they share a commit where the store can.
      const settled = store.settle(held.map(succeeded), now);
      held = (await store.claim(claim, now)).runs;
      await settled;
    } while (held.length > 0);
  });
  await store.leave(NODE, Date.now());
  await store.close();
  return rate;
}

async function joinBench(store: Store): Promise<void> {
  const now = Date.now();
  const [row] = await store.tasks("noop");
  if (row === undefined) throw new Error("the task was not adopted");
  const { name, definition, source } = row;
  const tasks = [{ name, definition, file: null, line: null }];
  const releases = [{ source, hash: "bench", tasks, unread: [] }];
  const leaseUntil = now + 3_600_000;
  await store.join(
    { id: NODE, host: "bench", pid: 1, version: "0", concurrency: 1, leaseUntil, releases },
    now,
  );
}

function succeeded(run: ClaimedRun): Settlement {
  return {
    run: run.id,
    fence: run.fence,
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
    incidents: [],
  };
}

/** From the start of a node to the end of the last run; the start itself included. */
async function engine(path: string): Promise<Rate> {
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

async function rateOf(work: () => Promise<void>): Promise<Rate> {
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  await work();
  const seconds = (performance.now() - startedAt) / 1_000;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { runsPerSecond: RUNS / seconds, cpuMicrosecondsPerRun: (user + system) / RUNS };
}

export async function run(): Promise<DrainFigures> {
  const rounds: Record<"bare" | "keeper" | "engine", Rate[]> = { bare: [], keeper: [], engine: [] };
  for (let round = 0; round < ROUNDS; round++) {
    await inScratch(async (folder) => {
      const path = (name: string): string => join(folder, `${name}.db`);
      for (const name of ["bare", "keeper", "engine"]) await preload(path(name));
      rounds.bare.push(await bare(new SqliteStore(path("bare"))));
      const keeper = { path: path("keeper"), death: "by-lease", stalls: "silent" } as const;
      rounds.keeper.push(await bare(await openKeeper(keeper)));
      rounds.engine.push(await engine(path("engine")));
    });
  }
  return {
    bare: middle(rounds.bare),
    keeper: middle(rounds.keeper),
    engine: middle(rounds.engine),
    runs: RUNS,
    concurrency: CONCURRENCY,
  };
}

function middle(rates: readonly Rate[]): Rate {
  return {
    runsPerSecond: Math.round(median(rates.map((rate) => rate.runsPerSecond))),
    cpuMicrosecondsPerRun: round(median(rates.map((rate) => rate.cpuMicrosecondsPerRun)), 1),
  };
}

export function print({ bare, keeper, engine, runs, concurrency }: DrainFigures): void {
  const row = (name: string, rate: Rate): (string | number)[] => [
    name,
    rate.runsPerSecond,
    round(rate.runsPerSecond / bare.runsPerSecond),
    rate.cpuMicrosecondsPerRun,
  ];
  printTable([
    [`${runs} no-op runs, SQLite FULL, history kept`, "runs/s", "share", "CPU µs/run"],
    row(`bare store, claim + settle by ${BATCH}`, bare),
    row("the same in the keeper's thread", keeper),
    row(`complete engine, concurrency ${concurrency}`, engine),
  ]);
}

if (import.meta.main) {
  const figures = await run();
  if (process.argv.includes("--json")) process.stdout.write(`${JSON.stringify(figures)}\n`);
  else print(figures);
}
