/*
 * 10,000 schedules due in the same second: when the last one has started, and how long the host
 * program's event loop stood still meanwhile.
 */
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { at, type Belfry, openBelfry, task } from "../packages/belfry/src/index.ts";
import { median, printTable, round, sleep, wallClock } from "./figures.ts";
import { inScratch } from "./scratch.ts";

const SCHEDULES = Number(process.env["BENCH_SCHEDULES"] ?? 10_000);
const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 3);

/** In which the schedules are made and read ahead. */
const LEAD_MS = 12_000;

export interface HerdFigures {
  readonly schedules: number;
  readonly lastStartedMs: number;
  readonly medianStartedMs: number;
  /** The longest that a 1 ms timer of the same process was late. */
  readonly blockedMs: number;
}

async function herd(): Promise<{ started: number[]; blocked: number }> {
  return await inScratch(async (folder) => {
    const late: number[] = [];
    const all = Promise.withResolvers<void>();
    const noop = task("herd", {
      concurrency: "unlimited",
      run: (ctx) => {
        late.push(wallClock() - ctx.dueAt.getTime());
        if (late.length === SCHEDULES) all.resolve();
      },
    });
    await using node = await openBelfry({
      store: `sqlite:${join(folder, "belfry.db")}`,
      tasks: [noop],
      node: { concurrency: SCHEDULES },
    });
    await node.start();
    await node.trigger(noop).then((run) => run.finished());
    late.length = 0;
    const dueAt = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + LEAD_MS);
    await makeSchedules(node, dueAt);
    const left = dueAt.getTime() - Date.now();
    if (left < 1_000) throw new Error(`${SCHEDULES} schedules took longer than ${LEAD_MS} ms`);
    await sleep(left - 1_000);
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    await all.promise;
    delay.disable();
    return { started: late, blocked: delay.max / 1e6 };
  });
}

async function makeSchedules(node: Belfry, dueAt: Date): Promise<void> {
  const keys = Array.from({ length: SCHEDULES }, (_, index) => `customer-${index}`);
  const schedule = at(dueAt);
  await Promise.all(keys.map((key) => node.schedules.set("herd", key, { schedule })));
}

export async function run(): Promise<HerdFigures> {
  const rounds: { started: number[]; blocked: number }[] = [];
  for (let turn = 0; turn < ROUNDS; turn++) rounds.push(await herd());
  return {
    schedules: SCHEDULES,
    lastStartedMs: round(median(rounds.map(({ started }) => Math.max(...started))), 1),
    medianStartedMs: round(median(rounds.map(({ started }) => median(started))), 1),
    blockedMs: round(median(rounds.map(({ blocked }) => blocked)), 1),
  };
}

export function print(figures: HerdFigures): void {
  printTable([
    ["schedules due in one second", "half started, ms", "last started, ms", "loop blocked, ms"],
    [figures.schedules, figures.medianStartedMs, figures.lastStartedMs, figures.blockedMs],
  ]);
}

if (import.meta.main) {
  const figures = await run();
  if (process.argv.includes("--json")) process.stdout.write(`${JSON.stringify(figures)}\n`);
  else print(figures);
}
