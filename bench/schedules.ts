/*
 * What 1,000,000 schedules made at run time cost a node while 100 of them fall due each second,
 * beside a node with the same 100 runs a second from 100 schedules, and an idle one. Each is a
 * process of its own, measured from within; a figure is the median of the rounds.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Belfry, every, openBelfry, task } from "../packages/belfry/src/index.ts";
import { inProcess, reply } from "./child.ts";
import { median, printTable, round, sleep } from "./figures.ts";
import { inScratch } from "./scratch.ts";

const SCHEDULES = Number(process.env["BENCH_SCHEDULES"] ?? 1_000_000);
const SECONDS = Number(process.env["BENCH_SECONDS"] ?? 10);
const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 5);
const PER_SECOND = 100;
const CHUNK = 5_000;

type Kind = "idle" | "few" | "many";

interface Cost {
  /** From opening the store to the end of `start()`. */
  readonly startMs: number;
  /** Of one core, of all threads. */
  readonly cpuPercent: number;
  readonly rssMiB: number;
  readonly runsPerSecond: number;
}

export interface SchedulesFigures {
  readonly schedules: number;
  readonly idle: Cost;
  readonly few: Cost;
  readonly many: Cost;
}

async function open(folder: string, kind: Kind, onRun: () => void): Promise<Belfry> {
  const tick = task("tick", { concurrency: "unlimited", run: async () => onRun() });
  return await openBelfry({ store: `sqlite:${join(folder, `${kind}.db`)}`, tasks: [tick] });
}

/** Makes the schedules, spread so that as many fall due in each second. */
async function prepare(folder: string, kind: Kind): Promise<void> {
  const count = { idle: 0, few: PER_SECOND, many: SCHEDULES }[kind];
  const periodS = Math.max(1, count / PER_SECOND);
  await using node = await open(folder, kind, () => {});
  await node.start();
  await node.stop();
  for (let first = 0; first < count; first += CHUNK) {
    const keys = Array.from(
      { length: Math.min(CHUNK, count - first) },
      (_, index) => first + index,
    );
    await Promise.all(
      keys.map((key) => {
        const anchor = new Date((key * 1_000) / PER_SECOND);
        const schedule = every(`${periodS}s`, { anchor });
        return node.schedules.set("tick", `customer-${key}`, { schedule });
      }),
    );
  }
}

async function catchUp(folder: string, kind: Kind): Promise<void> {
  await using node = await open(folder, kind, () => {});
  await node.start();
  await sleep(8_000);
}

async function measure(folder: string, kind: Kind): Promise<Cost> {
  let runs = 0;
  const openedAt = performance.now();
  await using node = await open(folder, kind, () => {
    runs += 1;
  });
  await node.start();
  const startMs = performance.now() - openedAt;
  await sleep(8_000);
  runs = 0;
  const before = process.cpuUsage();
  const beganAt = performance.now();
  await sleep(SECONDS * 1_000);
  const seconds = (performance.now() - beganAt) / 1_000;
  const { user, system } = process.cpuUsage(before);
  return {
    startMs,
    cpuPercent: (user + system) / 1e4 / seconds,
    rssMiB: process.memoryUsage().rss / 2 ** 20,
    runsPerSecond: runs / seconds,
  };
}

export async function run(): Promise<SchedulesFigures> {
  return await inScratch(async (folder) => {
    const file = fileURLToPath(import.meta.url);
    const costs: Record<Kind, Cost[]> = { idle: [], few: [], many: [] };
    const kinds: readonly Kind[] = ["idle", "few", "many"];
    for (const kind of kinds) await inProcess<null>(file, ["prepare", folder, kind]);
    for (let turn = 0; turn < ROUNDS; turn++) {
      for (const kind of kinds) {
        // What fell due while others were measured is caught up by a process of its own: the burst
        // is no part of what schedules cost.
        await inProcess<null>(file, ["catch-up", folder, kind]);
        costs[kind].push(await inProcess(file, ["measure", folder, kind]));
      }
    }
    const [idle, few, many] = kinds.map((kind) => middle(costs[kind]));
    if (idle === undefined || few === undefined || many === undefined)
      throw new Error("no figures");
    return { schedules: SCHEDULES, idle, few, many };
  });
}

function middle(costs: readonly Cost[]): Cost {
  const of = (key: keyof Cost): number => round(median(costs.map((cost) => cost[key])), 1);
  return {
    startMs: of("startMs"),
    cpuPercent: of("cpuPercent"),
    rssMiB: of("rssMiB"),
    runsPerSecond: of("runsPerSecond"),
  };
}

export function print({ schedules, idle, few, many }: SchedulesFigures): void {
  const row = (name: string, cost: Cost): (string | number)[] => [
    name,
    cost.startMs,
    cost.cpuPercent,
    cost.rssMiB,
    cost.runsPerSecond,
  ];
  printTable([
    ["schedules made at run time", "start ms", "% of a core", "RSS MiB", "runs/s"],
    row("none", idle),
    row(`${PER_SECOND}, each due every second`, few),
    row(`${schedules}, ${PER_SECOND} due every second`, many),
    [
      "beyond the runs' own cost, and beyond idle memory",
      "",
      round(many.cpuPercent - few.cpuPercent, 1),
      round(many.rssMiB - idle.rssMiB, 1),
      "",
    ],
  ]);
}

const [, , step, folder, kind] = process.argv;
if (import.meta.main && folder !== undefined) {
  if (kind !== "idle" && kind !== "few" && kind !== "many") throw new Error(`what is ${kind}?`);
  if (step === "measure") {
    reply(await measure(folder, kind));
  } else {
    await (step === "prepare" ? prepare(folder, kind) : catchUp(folder, kind));
    reply(null);
  }
} else if (import.meta.main) {
  print(await run());
}
