/*
 * How many no-op runs a second the complete engine drains on SQLite with synchronous=FULL, every
 * run kept in history, beside the bare store doing claim and settle alone: in this thread, and in
 * the keeper's, as the engine has it. All in one run, in turn; a figure is the median of the
 * rounds, the share is of the bare store's rate. CPU is that of all threads of the process.
 */
import { join } from "node:path";
import type { Store } from "../packages/belfry/src/store.ts";
import { openKeeper } from "../packages/belfry/src/stores/sqlite/keeper-client.ts";
import { SqliteStore } from "../packages/belfry/src/stores/sqlite/store.ts";
import { printTable, round } from "./figures.ts";
import {
  BATCH,
  CONCURRENCY,
  claimAndSettle,
  drainByEngine,
  joinBench,
  middleRate,
  NODE,
  preload,
  type Rate,
  RUNS,
  rateOf,
} from "./no-op-runs.ts";
import { inScratch } from "./scratch.ts";

const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 3);

export interface DrainFigures {
  readonly bare: Rate;
  readonly keeper: Rate;
  readonly engine: Rate;
  readonly runs: number;
  readonly concurrency: number;
}

async function bare(store: Store): Promise<Rate> {
  await joinBench(store);
  const rate = await rateOf(() => claimAndSettle(store));
  await store.leave(NODE, Date.now());
  await store.close();
  return rate;
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
      rounds.engine.push(await drainByEngine(path("engine")));
    });
  }
  return {
    bare: middleRate(rounds.bare),
    keeper: middleRate(rounds.keeper),
    engine: middleRate(rounds.engine),
    runs: RUNS,
    concurrency: CONCURRENCY,
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
