/*
 * Due instant → first instruction of the function, ms: 100 schedules of Belfry due in each second,
 * each claimed durably at its instant, beside croner with 100 jobs a second in memory, and one
 * schedule of each peer, as often as it can be due. In turn, in one run; the two that know only
 * minutes wait them out together.
 */
import { Cron } from "croner";
import { inProcess, reply } from "../child.ts";
import { printTable, round, sleep, wallClock } from "../figures.ts";
import type { ContenderName } from "./contender.ts";
import { type Latency, latencyOf } from "./latency.ts";
import { type Servers, withServers } from "./servers.ts";
import { step } from "./step.ts";

const SECONDS = Number(process.env["BENCH_SECONDS"] ?? 15);
const MINUTES = Number(process.env["BENCH_MINUTES"] ?? 4);
const JOBS = 100;
const WARM_MS = 3_000;

const EACH_SECOND: readonly ContenderName[] = ["belfry", "bullmq", "dbos"];
const EACH_MINUTE: readonly ContenderName[] = ["graphile-worker", "pg-boss"];

export type CronFigures = Readonly<Record<string, Latency>> | null;

async function croner(): Promise<number[]> {
  const late: number[] = [];
  const fire = (): void => {
    const now = wallClock();
    late.push(now - Math.floor(now / 1_000) * 1_000);
  };
  const jobs = Array.from({ length: JOBS }, () => new Cron("* * * * * *", fire));
  await sleep(WARM_MS);
  late.length = 0;
  await sleep(SECONDS * 1_000);
  for (const job of jobs) job.stop();
  return late;
}

async function measure(
  { contenders, place }: Servers,
  name: ContenderName,
  seconds: number,
): Promise<readonly (readonly [string, Latency])[]> {
  if (!contenders.includes(name)) return [];
  const where = await place(name);
  await step(name, "preload", where, 0);
  return [[name, latencyOf(await step(name, "cron", where, seconds))]];
}

export async function run(): Promise<CronFigures> {
  return await withServers([...EACH_SECOND, ...EACH_MINUTE], async (servers) => {
    const figures: (readonly [string, Latency])[] = [
      ["croner", latencyOf(await inProcess<number[]>(import.meta.filename, ["croner"]))],
    ];
    for (const name of EACH_SECOND) figures.push(...(await measure(servers, name, SECONDS)));
    const minutes = EACH_MINUTE.map((name) => measure(servers, name, MINUTES * 60));
    figures.push(...(await Promise.all(minutes)).flat());
    return Object.fromEntries(figures);
  });
}

export function print(figures: CronFigures): void {
  if (figures === null) return;
  const base = figures["croner"];
  printTable([
    ["due → started", "p50 ms", "p99 ms", "max ms", "samples", "p50 of croner's", "p99"],
    ...Object.entries(figures).map(([name, { p50, p99, max, samples }]) => [
      name,
      p50,
      p99,
      max,
      samples,
      base === undefined ? "" : `${round(p50 / base.p50)}×`,
      base === undefined ? "" : `${round(p99 / base.p99)}×`,
    ]),
  ]);
}

if (import.meta.main) {
  if (process.argv[2] === "croner") reply(await croner());
  else print(await run());
}
