/*
 * Producer and node together, with autovacuum as it is by default: how many runs a second are made
 * and worked off, all kept, from the first five seconds to the last; and again while somebody holds
 * an old snapshot open, as a dump or a forgotten transaction does.
 */
import pg from "pg";
import { inProcess, reply } from "../child.ts";
import { median, printTable, round, sleep } from "../figures.ts";
import { openContender, type Place } from "./contender.ts";
import { ask } from "./postgres.ts";
import { withServers } from "./servers.ts";
import { step } from "./step.ts";

const SECONDS = Number(process.env["BENCH_STEADY_SECONDS"] ?? 300);
const SNAPSHOT_SECONDS = Number(process.env["BENCH_SNAPSHOT_SECONDS"] ?? 60);
const WINDOW_MS = 5_000;
const WARM_MS = 3_000;
/** So many wait at least, that the node never runs dry, and twice as many at most. */
const AHEAD = 10_000;
const BATCH = 2_000;

export interface Steady {
  readonly seconds: number;
  /** Runs a second: over all, and in the first and the last fifth. */
  readonly all: number;
  readonly first: number;
  readonly last: number;
  /** In the slowest five seconds. */
  readonly slowest: number;
}

export interface SteadyFigures {
  readonly alone: Steady;
  readonly snapshot: Steady;
}

async function work(place: Place, seconds: number): Promise<readonly number[]> {
  const node = await openContender("belfry", place);
  let count = 0;
  await node.listen(() => {
    count += 1;
  });
  await sleep(WARM_MS);
  const windows: number[] = [];
  let [before, since] = [count, performance.now()];
  for (let left = (seconds * 1_000) / WINDOW_MS; left > 0; left--) {
    await sleep(WINDOW_MS);
    const now = performance.now();
    windows.push(((count - before) * 1_000) / (now - since));
    [before, since] = [count, now];
  }
  await node.close();
  return windows;
}

/** Keeps enough waiting, as fast as the node takes it. */
async function produce(place: Place, seconds: number): Promise<null> {
  const producer = await openContender("belfry", place);
  const line = new pg.Client({ connectionString: place.postgres });
  await line.connect();
  const until = performance.now() + seconds * 1_000;
  while (performance.now() < until) {
    const { rows } = await line.query<{ waits: number }>(
      // Counting them all would be work of its own.
      `select count(*)::int as waits from (select from belfry.pending limit ${2 * AHEAD}) as waiting`,
    );
    const waits = rows[0]?.waits ?? 0;
    if (waits >= 2 * AHEAD) {
      await sleep(20);
      continue;
    }
    await producer.preload(waits < AHEAD ? 2 * BATCH : BATCH);
    // Bare rows wake nobody: a node that had run dry would look again after seconds.
    await line.query("select pg_notify('belfry', 'bench')");
  }
  await line.end();
  await producer.close();
  return null;
}

async function measure(place: Place, seconds: number, snapshot: "none" | "held"): Promise<Steady> {
  await step("belfry", "preload", place, 2 * AHEAD);
  await ask(place.postgres, "vacuum analyze");
  await using old = new AsyncDisposableStack();
  if (snapshot === "held") {
    const line = new pg.Client({ connectionString: place.postgres });
    await line.connect();
    old.defer(() => line.end());
    await line.query("begin isolation level repeatable read");
    await line.query("select from belfry.meta");
  }
  const words = (who: string, for_: number): string[] => [who, JSON.stringify(place), String(for_)];
  const file = import.meta.filename;
  const [windows] = await Promise.all([
    inProcess<readonly number[]>(file, words("work", seconds)),
    inProcess<null>(file, words("produce", seconds + WARM_MS / 1_000 + 1)),
  ]);
  const fifth = Math.max(1, Math.floor(windows.length / 5));
  const rate = (some: readonly number[]): number => Math.round(median(some));
  return {
    seconds,
    all: rate(windows),
    first: rate(windows.slice(0, fifth)),
    last: rate(windows.slice(-fifth)),
    slowest: Math.round(Math.min(...windows)),
  };
}

export async function run(): Promise<SteadyFigures | null> {
  return await withServers(["belfry"], async ({ place }) => ({
    alone: await measure(await place("belfry"), SECONDS, "none"),
    snapshot: await measure(await place("belfry"), SNAPSHOT_SECONDS, "held"),
  }));
}

export function print(figures: SteadyFigures | null): void {
  if (figures === null) return;
  const { alone, snapshot } = figures;
  const row = (name: string, one: Steady): (string | number)[] => [
    name,
    one.seconds,
    one.all,
    one.first,
    one.last,
    one.slowest,
    `${round(one.last / one.first)}×`,
  ];
  printTable([
    ["made and worked, runs/s", "seconds", "all", "first", "last", "slowest 5 s", "last/first"],
    row("nobody else", alone),
    row("an old snapshot held", snapshot),
  ]);
  console.log(`with the snapshot ${round(snapshot.all / alone.all)}× of the rate without`);
}

if (import.meta.main) {
  const [, , who, place = "{}", seconds] = process.argv;
  if (who === undefined) {
    print(await run());
  } else {
    const doing = who === "work" ? work : produce;
    // Written by `measure`, above.
    reply(await doing(JSON.parse(place) as Place, Number(seconds)));
    setTimeout(() => process.exit(), 500).unref();
  }
}
