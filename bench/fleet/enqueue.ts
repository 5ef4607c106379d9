/*
 * How many jobs a second a program makes: one after another, 16 callers at once, and 10,000 in one
 * go, beside the peers. Nobody works them meanwhile. In turn, in one run; a figure is the median of
 * the rounds.
 */
import { median, printTable, round } from "../figures.ts";
import type { ContenderName } from "./contender.ts";
import { withServers } from "./servers.ts";
import { type Enqueued, step } from "./step.ts";

const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 3);
const ADDS = Number(process.env["BENCH_ADDS"] ?? 2_000);

const NAMES: readonly ContenderName[] = [
  "belfry",
  "shape-c",
  "graphile-worker",
  "pg-boss",
  "bullmq",
  "dbos",
];

export type EnqueueFigures = Readonly<Partial<Record<ContenderName, Enqueued>>> | null;

export async function run(): Promise<EnqueueFigures> {
  return await withServers(NAMES, async ({ contenders, place }) => {
    const rounds = new Map(contenders.map((name) => [name, [] as Enqueued[]]));
    for (let turn = 0; turn < ROUNDS; turn++) {
      for (const name of contenders) {
        const where = await place(name);
        await step(name, "preload", where, 0);
        rounds.get(name)?.push(await step(name, "enqueue", where, ADDS));
      }
    }
    return Object.fromEntries([...rounds].map(([name, all]) => [name, middle(all)]));
  });
}

function middle(rounds: readonly Enqueued[]): Enqueued {
  const bulk = rounds.flatMap((one) => one.bulk ?? []);
  return {
    single: Math.round(median(rounds.map(({ single }) => single))),
    callers: Math.round(median(rounds.map(({ callers }) => callers))),
    bulk: bulk.length === 0 ? null : Math.round(median(bulk)),
  };
}

export function print(figures: EnqueueFigures): void {
  if (figures === null) return;
  const belfry = figures.belfry;
  const times = (key: keyof Enqueued, one: Enqueued): string => {
    const [ours, theirs] = [belfry?.[key] ?? null, one[key]];
    return ours === null || theirs === null ? "" : `${round(ours / theirs)}×`;
  };
  printTable([
    ["jobs made a second", "one by one", "belfry is", "16 callers", "", "10,000 at once", ""],
    ...Object.entries(figures).map(([name, one]) => [
      name,
      one.single,
      times("single", one),
      one.callers,
      times("callers", one),
      one.bulk ?? "",
      times("bulk", one),
    ]),
  ]);
}

if (import.meta.main) print(await run());
