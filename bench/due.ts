/*
 * Due instant → first instruction of a function, ms: 100 schedules due in each second, each claimed
 * durably at its instant, beside croner with 100 jobs a second, all in memory. In turn, in one run;
 * a figure is the median of the rounds.
 */
import { join } from "node:path";
import { Cron } from "croner";
import { every, openBelfry, task } from "../packages/belfry/src/index.ts";
import { median, percentile, printTable, round, sleep, wallClock } from "./figures.ts";
import { inScratch } from "./scratch.ts";

const SCHEDULES = 100;
const SECONDS = Number(process.env["BENCH_SECONDS"] ?? 6);
const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 3);

interface Lateness {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly samples: number;
}

export interface DueFigures {
  readonly croner: Lateness;
  /** All due at the same instant. */
  readonly together: Lateness;
  /** Spread over the second, 10 ms apart. */
  readonly spread: Lateness;
}

async function croner(): Promise<number[]> {
  const late: number[] = [];
  const fire = (): void => {
    const now = wallClock();
    late.push(now - Math.floor(now / 1_000) * 1_000);
  };
  const jobs = Array.from({ length: SCHEDULES }, () => new Cron("* * * * * *", fire));
  await warm(late);
  for (const job of jobs) job.stop();
  return late;
}

async function belfry(placement: "together" | "spread"): Promise<number[]> {
  const late: number[] = [];
  const tasks = Array.from({ length: SCHEDULES }, (_, index) =>
    task(`due-${index}`, {
      schedule: every("1s", {
        anchor: new Date(placement === "together" ? 0 : index * (1_000 / SCHEDULES)),
      }),
      run: (ctx) => {
        late.push(wallClock() - ctx.dueAt.getTime());
      },
    }),
  );
  await inScratch(async (folder) => {
    await using node = await openBelfry({
      store: `sqlite:${join(folder, "belfry.db")}`,
      tasks,
      node: { concurrency: 1_000 },
    });
    await node.start();
    await warm(late);
  });
  return late;
}

/** The first seconds compile code and open files: steady state is what is asked. */
async function warm(late: number[]): Promise<void> {
  await sleep(2_500);
  late.length = 0;
  await sleep(SECONDS * 1_000);
}

function latenessOf(rounds: readonly (readonly number[])[]): Lateness {
  const middle = (p: number): number => round(median(rounds.map((late) => percentile(late, p))));
  return {
    p50: middle(0.5),
    p99: middle(0.99),
    max: round(Math.max(...rounds.flat())),
    samples: rounds.flat().length,
  };
}

export async function run(): Promise<DueFigures> {
  const all: Record<"croner" | "together" | "spread", number[][]> = {
    croner: [],
    together: [],
    spread: [],
  };
  for (let turn = 0; turn < ROUNDS; turn++) {
    all.croner.push(await croner());
    all.together.push(await belfry("together"));
    all.spread.push(await belfry("spread"));
  }
  return {
    croner: latenessOf(all.croner),
    together: latenessOf(all.together),
    spread: latenessOf(all.spread),
  };
}

export function print({ croner, together, spread }: DueFigures): void {
  const row = (name: string, figures: Lateness): (string | number)[] => [
    name,
    figures.p50,
    figures.p99,
    figures.max,
    round(figures.p50 / croner.p50),
    round(figures.p99 / croner.p99),
  ];
  printTable([
    ["due → first instruction", "p50 ms", "p99 ms", "max ms", "p50 ratio", "p99 ratio"],
    row(`croner, ${SCHEDULES} due at one instant, in memory`, croner),
    row(`belfry, ${SCHEDULES} due at one instant, durable`, together),
    row(`belfry, ${SCHEDULES} spread over the second, durable`, spread),
  ]);
}

if (import.meta.main) {
  const figures = await run();
  if (process.argv.includes("--json")) process.stdout.write(`${JSON.stringify(figures)}\n`);
  else print(figures);
}
