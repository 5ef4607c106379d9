/*
 * What /metrics of a node with many tasks costs: how large the answer is, and how long it takes from
 * the request to its last byte, when each task has run once and again when each has run ten times.
 */
import { join } from "node:path";
import { every, openBelfry, task } from "../packages/belfry/src/index.ts";
import { median, printTable, round } from "./figures.ts";
import { inScratch } from "./scratch.ts";

const TASKS = Number(process.env["BENCH_TASKS"] ?? 10_000);
const SCRAPES = 21;
const ROUNDS = [1, 3];

export interface MetricsFigures {
  readonly tasks: number;
  readonly scrapes: readonly Scrape[];
}

interface Scrape {
  readonly runsInHistory: number;
  readonly mebibytes: number;
  readonly milliseconds: number;
}

export async function run(): Promise<MetricsFigures> {
  const scrapes: Scrape[] = [];
  const tasks = Array.from({ length: TASKS }, (_, index) =>
    task(`customer-${index}-nightly-report`, { schedule: every("52w"), run: () => {} }),
  );
  await inScratch(async (folder) => {
    await using belfry = await openBelfry({
      store: `sqlite:${join(folder, "bench.db")}`,
      tasks,
      node: { concurrency: 2_000, http: "127.0.0.1:0" },
    });
    await belfry.start();
    let ended = 0;
    let wanted = 0;
    let reached = Promise.withResolvers<void>();
    belfry.on((event) => {
      if (event.kind === "ended" && ++ended === wanted) reached.resolve();
    });
    for (const rounds of ROUNDS) {
      reached = Promise.withResolvers<void>();
      const more = rounds * TASKS - ended;
      wanted = rounds * TASKS;
      for (let made = 0; made < more; made += TASKS) {
        await Promise.all(tasks.map((each) => belfry.trigger(each)));
      }
      await reached.promise;
      scrapes.push({ runsInHistory: wanted, ...(await scrape(`http://${belfry.http}/metrics`)) });
    }
  });
  return { tasks: TASKS, scrapes };
}

async function scrape(url: string): Promise<Pick<Scrape, "mebibytes" | "milliseconds">> {
  const durations: number[] = [];
  let bytes = 0;
  for (let turn = 0; turn < SCRAPES; turn++) {
    const from = performance.now();
    bytes = (await (await fetch(url)).arrayBuffer()).byteLength;
    durations.push(performance.now() - from);
  }
  return { mebibytes: round(bytes / 2 ** 20), milliseconds: round(median(durations), 1) };
}

export function print({ tasks, scrapes }: MetricsFigures): void {
  printTable([
    [`/metrics of ${tasks} tasks`, "MiB", "ms, median"],
    ...scrapes.map(({ runsInHistory, mebibytes, milliseconds }) => [
      `${runsInHistory} runs in history`,
      mebibytes,
      milliseconds,
    ]),
  ]);
}

if (import.meta.main) {
  const figures = await run();
  if (process.argv.includes("--json")) process.stdout.write(`${JSON.stringify(figures)}\n`);
  else print(figures);
}
