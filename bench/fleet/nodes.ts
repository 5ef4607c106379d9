/*
 * How many runs a second several nodes on one machine work off together: of a task without a limit,
 * by one node and by three; and of fifty tasks with a limit each, by one node and by eight.
 */

import { systemEntropy } from "../../packages/belfry/src/clocks/system.ts";
import { runId } from "../../packages/belfry/src/core/identity.ts";
import { type Belfry, openBelfry, task } from "../../packages/belfry/src/index.ts";
import type { TaskRow } from "../../packages/belfry/src/records.ts";
import { openPostgres } from "../../packages/belfry/src/stores/postgres/open.ts";
import type { TriggerRequest } from "../../packages/belfry/src/triggering.ts";
import { inProcess, reply } from "../child.ts";
import { median, printTable, round, sleep } from "../figures.ts";
import type { Place } from "./contender.ts";
import { ask } from "./postgres.ts";
import { withServers } from "./servers.ts";

const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 3);
const RUNS = Number(process.env["BENCH_RUNS"] ?? 100_000);
/** Of each of the tasks that have one. */
const LIMIT = 20;
const TASKS = 50;
const BATCH = 2_000;
const CONCURRENCY = 8_000;

interface Setting {
  readonly nodes: number;
  readonly gated: boolean;
  readonly runs: number;
}

export interface Together extends Setting {
  readonly runsPerSecond: number;
}

export type NodesFigures = readonly Together[] | null;

const SETTINGS: readonly Setting[] = [
  { nodes: 1, gated: false, runs: RUNS },
  { nodes: 3, gated: false, runs: RUNS },
  { nodes: 1, gated: true, runs: RUNS / 2 },
  { nodes: 8, gated: true, runs: RUNS / 4 },
];

function tasksOf(gated: boolean) {
  const [count, concurrency] = gated ? [TASKS, LIMIT] : ([1, "unlimited"] as const);
  return Array.from({ length: count }, (_, index) =>
    task(`noop-${index}`, { concurrency, run: async () => {} }),
  );
}

function open(place: Place, gated: boolean): Promise<Belfry> {
  const node = { concurrency: CONCURRENCY };
  return openBelfry({ store: place.postgres, name: "bench", tasks: tasksOf(gated), node });
}

/** Works until the table is there that says that all is done. */
async function work(place: Place, gated: boolean): Promise<null> {
  await using belfry = await open(place, gated);
  await belfry.start();
  while (!(await holds(place, "to_regclass('public.bench_done') is not null"))) await sleep(200);
  return null;
}

async function holds({ postgres }: Place, condition: string): Promise<boolean> {
  const [row] = await ask<{ holds: boolean }>(postgres, `select ${condition} as holds`);
  return row?.holds === true;
}

async function until(place: Place, condition: string): Promise<void> {
  while (!(await holds(place, condition))) await sleep(50);
}

/** The nodes are there and take nothing yet; once all waits, they may. */
async function measure(place: Place, { nodes, gated, runs }: Setting): Promise<number> {
  const words = [JSON.stringify(place), gated ? "gated" : "free"];
  const working = Array.from({ length: nodes }, () =>
    inProcess<null>(import.meta.filename, ["work", ...words]),
  );
  await until(place, "to_regclass('belfry.node_task') is not null");
  await until(place, `(select count(distinct node) from belfry.node_task) = ${nodes}`);
  const { store, close } = await openPostgres({ url: place.postgres, listenUrl: null });
  const drain = async (wish: "on" | "off"): Promise<void> => {
    const alive = (await store.nodes()).filter(({ state }) => state === "alive");
    await Promise.all(alive.map(({ id }) => store.drain(id, wish, Date.now(), "bench")));
  };
  await drain("on");
  const tasks = await store.tasks(null);
  for (let made = 0; made < runs; made += BATCH) {
    const requests = Array.from({ length: Math.min(BATCH, runs - made) }, (_, index) =>
      requestOf(tasks[(made + index) % tasks.length], gated, Date.now()),
    );
    await store.trigger(requests, Date.now());
  }
  await ask(place.postgres, "vacuum analyze");
  await ask(place.postgres, "checkpoint");
  const begunAt = Date.now();
  await drain("off");
  await close();
  await ask(place.postgres, "select pg_notify('belfry', 'bench')::text");
  await until(place, `(select count(*) from belfry.history) = ${runs}`);
  const [ended] = await ask<{ at: string }>(
    place.postgres,
    "select max(ended_at) as at from belfry.history",
  );
  await ask(place.postgres, "create table public.bench_done ()");
  await Promise.all(working);
  return (runs * 1_000) / (Number(ended?.at) - begunAt);
}

function requestOf(task: TaskRow | undefined, gated: boolean, now: number): TriggerRequest {
  if (task === undefined) throw new Error("no task was adopted");
  const { name, definition } = task;
  return {
    id: runId(now, systemEntropy()),
    task: name,
    definition,
    trigger: { kind: "manual", by: "bench" },
    dueAt: now,
    payload: null,
    idempotencyKey: null,
    gate: gated ? { id: name, max: LIMIT } : null,
    deadlineAt: null,
    replayOf: null,
    force: false,
  };
}

export async function run(): Promise<NodesFigures> {
  return await withServers(["belfry"], async ({ place }) => {
    const figures: Together[] = [];
    for (const setting of SETTINGS) {
      const rates: number[] = [];
      for (let turn = 0; turn < ROUNDS; turn++) {
        rates.push(await measure(await place("belfry"), setting));
      }
      figures.push({ ...setting, runsPerSecond: Math.round(median(rates)) });
    }
    return figures;
  });
}

export function print(figures: NodesFigures): void {
  if (figures === null) return;
  const rateOfOne = (gated: boolean): number =>
    figures.find((one) => one.nodes === 1 && one.gated === gated)?.runsPerSecond ?? Number.NaN;
  printTable([
    ["nodes on one machine", "limits", "runs", "runs/s", "of one node"],
    ...figures.map(({ nodes, gated, runs, runsPerSecond }) => [
      nodes,
      gated ? `${TASKS} tasks, ${LIMIT} each` : "none",
      runs,
      runsPerSecond,
      `${round(runsPerSecond / rateOfOne(gated))}×`,
    ]),
  ]);
}

if (import.meta.main) {
  const [, , who, place = "{}", which] = process.argv;
  if (who === undefined) {
    print(await run());
  } else {
    // Written by `measure`, above.
    reply(await work(JSON.parse(place) as Place, which === "gated"));
    setTimeout(() => process.exit(), 500).unref();
  }
}
