/*
 * What kept history costs: the drain of no-op runs by the complete engine on a store with 5,000,000
 * ended runs of a year, beside an empty one, and how long an operator's questions take there.
 * Making the runs takes minutes: BENCH_KEPT=500000 is a short form.
 */
import { join } from "node:path";
import { occurrenceId } from "../packages/belfry/src/core/identity.ts";
import { type Belfry, cron, every, openBelfry, task } from "../packages/belfry/src/index.ts";
import { SqliteStore } from "../packages/belfry/src/stores/sqlite/store.ts";
import { median, printTable, round } from "./figures.ts";
import {
  BATCH,
  claimAndSettle,
  drainByEngine,
  joinBench,
  middleRate,
  NODE,
  preload,
  type Rate,
} from "./no-op-runs.ts";
import { inScratch } from "./scratch.ts";

const KEPT = Number(process.env["BENCH_KEPT"] ?? 5_000_000);
const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 5);
const HOUR_MS = 3_600_000;
const YEAR_HOURS = 365 * 24;
const HOURLY = 90;
const MINUTELY = 10;

/** Most rows are of a few tasks of every minute, the rest of many of every hour. */
const perHourly = Math.min(YEAR_HOURS, Math.floor(KEPT / (2 * HOURLY)));
const perMinutely = Math.floor((KEPT - HOURLY * perHourly) / MINUTELY);
const policies = { concurrency: "unlimited", run: async () => {} } as const;
const hourly = Array.from({ length: HOURLY }, (_, index) =>
  task(`hourly-${index}`, { schedule: cron("0 * * * *"), ...policies }),
);
const minutely = Array.from({ length: MINUTELY }, (_, index) =>
  task(`minutely-${index}`, { schedule: every("1m"), ...policies }),
);

export interface HistoryFigures {
  readonly kept: number;
  readonly empty: Rate;
  readonly full: Rate;
  /** Ms, by question; the median of the rounds. */
  readonly questions: Readonly<Record<string, number>>;
}

/** Plans, claims and settles occurrences before now, as if a year had passed. */
async function fill(path: string): Promise<void> {
  {
    const tasks = [...hourly, ...minutely];
    await using node = await openBelfry({ store: `sqlite:${path}`, tasks });
    await node.start();
  }
  const store = new SqliteStore(path);
  await joinBench(store);
  const until = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  for (const { name } of hourly) await fillOne(store, name, until, HOUR_MS, perHourly);
  for (const { name } of minutely) await fillOne(store, name, until, 60_000, perMinutely);
  await store.leave(NODE, Date.now());
  await store.close();
}

async function fillOne(
  store: SqliteStore,
  name: string,
  until: number,
  stepMs: number,
  count: number,
): Promise<void> {
  const [schedule] = await store.schedulesOf([name]);
  if (schedule === undefined) throw new Error(`${name} has no schedule`);
  const { cursorAt, nextAt } = schedule;
  for (let left = count; left > 0; left -= BATCH) {
    const runs = Array.from({ length: Math.min(BATCH, left) }, (_, index) => {
      const dueAt = until - (left - index) * stepMs;
      const id = occurrenceId(schedule.id, dueAt);
      const run = { id, dueAt, readyAt: dueAt, startBy: null, deadlineAt: null, live: false };
      return { ...run, caughtUp: false, dayEndAt: dueAt + 1 };
    });
    const plan = { schedule, runs, gaps: [], cursorAt, nextAt, gate: null } as const;
    const [planned] = await store.plan([{ ...plan, overlap: "skip" }], Date.now());
    if (planned?.answer !== "planned") throw new Error(`${name} could not be planned`);
    await claimAndSettle(store);
  }
}

type Question = readonly [name: string, ask: (belfry: Belfry) => Promise<unknown>];

const QUESTIONS: readonly Question[] = [
  ["runs --limit 50", (belfry) => first(belfry.runs.list({ limit: 50 }))],
  [
    "runs --task T --limit 50",
    (belfry) => first(belfry.runs.list({ task: "hourly-7", limit: 50 })),
  ],
  ["runs --state failed", (belfry) => first(belfry.runs.list({ state: "failed", limit: 50 }))],
  ["show TASK", (belfry) => belfry.tasks.get("hourly-7")],
  ["show TASK@latest", (belfry) => belfry.runs.get("minutely-7@latest")],
  ["did TASK over a year", (belfry) => belfry.did("hourly-7", lastYear())],
];

function lastYear(): { from: Date; until: Date } {
  const until = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  return { from: new Date(until - YEAR_HOURS * HOUR_MS), until: new Date(until) };
}

async function first(list: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of list) count += 1;
  return count;
}

async function ask(path: string): Promise<Record<string, number>> {
  const answers: Record<string, number> = {};
  for (const [name, question] of QUESTIONS) {
    const rounds: number[] = [];
    for (let turn = 0; turn < ROUNDS; turn++) {
      // Each time as a command does it: a store just opened.
      await using belfry = await openBelfry({ store: `sqlite:${path}` });
      const beganAt = performance.now();
      await question(belfry);
      rounds.push(performance.now() - beganAt);
    }
    answers[name] = round(median(rounds), 1);
  }
  return answers;
}

export async function run(): Promise<HistoryFigures> {
  return await inScratch(async (folder) => {
    const full = join(folder, "full.db");
    await fill(full);
    const questions = await ask(full);
    const rates: Record<"empty" | "full", Rate[]> = { empty: [], full: [] };
    for (let turn = 0; turn < ROUNDS; turn++) {
      const empty = join(folder, `empty-${turn}.db`);
      for (const path of [empty, full]) await preload(path);
      rates.empty.push(await drainByEngine(empty));
      rates.full.push(await drainByEngine(full));
    }
    return { kept: KEPT, empty: middleRate(rates.empty), full: middleRate(rates.full), questions };
  });
}

export function print({ kept, empty, full, questions }: HistoryFigures): void {
  printTable([
    ["drain by the complete engine", "runs/s", "share"],
    ["empty store", empty.runsPerSecond, 1],
    [`${kept} runs kept`, full.runsPerSecond, round(full.runsPerSecond / empty.runsPerSecond)],
  ]);
  printTable([[`asked of ${kept} kept runs`, "ms"], ...Object.entries(questions)]);
}

if (import.meta.main) print(await run());
