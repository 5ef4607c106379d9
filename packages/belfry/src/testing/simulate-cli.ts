import { type ChildProcess, fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { systemClock } from "../clocks/system.ts";
import { GAUGES } from "./simulation/gauges.ts";
import { findGrowth, type Weight } from "./simulation/growth.ts";
import { growthTable } from "./simulation/growth-table.ts";
import type { LongWorld } from "./simulation/scenario.ts";
import { runSeedTwice, type SeedResult } from "./simulation/seed.ts";
import { runSeed } from "./simulation/world.ts";

/*
 * npm run simulate -- --seeds N [--from K] [--minutes M] [--jobs J]   many seeds, each twice
 * npm run simulate -- --seed S [--minutes M]                          one seed, its trace in words
 *
 * More than twelve hours make a long world, run once: a calmer fleet, where things go wrong for
 * `--round` minutes, then all is healed, judged and forgotten, and so on. `--ease` says how many
 * times more rarely they go wrong than in short seeds, `--retention` for how many hours what is over
 * is kept. It fails too where rows or memory grow without bound, which is judged where a quarter of
 * the world lasts for twice the retention: before that, rows are still about to come.
 */

/** Gauges that were never hit count as a failure from so many seeds on. */
const SEEDS_FOR_GAUGES = 500;
const FAILURES_SHOWN = 5;
const PROGRESS_EVERY_MS = 5_000;
const SHORT_MINUTES_MAX = 12 * 60;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    seeds: { type: "string", default: "200" },
    from: { type: "string", default: "1" },
    minutes: { type: "string", default: "15" },
    round: { type: "string", default: "180" },
    ease: { type: "string", default: "10" },
    retention: { type: "string", default: "48" },
    /** `failure`: ends with the first one. */
    until: { type: "string", default: "end" },
    jobs: { type: "string", default: String(Math.min(2, availableParallelism())) },
    /** Set by this program for its own children: every how many seeds is theirs. */
    stride: { type: "string" },
  },
});

const minutes = Number(values.minutes);
const long: LongWorld | undefined =
  minutes <= SHORT_MINUTES_MAX
    ? undefined
    : {
        roundMinutes: Number(values.round),
        ease: Number(values.ease),
        retentionMs: Number(values.retention) * HOUR_MS,
      };
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

if (values.seed !== undefined) await replay(Number(values.seed));
else if (values.stride !== undefined) await work(Number(values.stride));
else await simulate();

async function replay(seed: number): Promise<void> {
  const result = await runSeed({ seed, minutes, long, weigh, print: say });
  if (long !== undefined) for (const line of growthTable(result.samples)) say(line);
  say(result.failure === null ? "no violation" : `violated: ${result.failure.message}`);
  process.exitCode = result.failure === null ? 0 : 1;
}

/** A child: runs its share of the seeds and sends what became of each. */
async function work(stride: number): Promise<void> {
  const end = Number(values.from) + Number(values.seeds);
  for (let seed = Number(values.from); seed < end; seed += stride) {
    const result =
      long === undefined
        ? await runSeedTwice({ seed, minutes })
        : await runSeed({ seed, minutes, long, weigh: () => weighAloud(seed), print: null });
    process.send?.(result);
  }
  process.disconnect?.();
}

/** What the process takes, without garbage where Node lets it be collected. */
function weigh(): Weight {
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  return { rssBytes: rss, heapBytes: heapUsed };
}

function weighAloud(seed: number): Weight {
  const weight = weigh();
  say(`seed ${seed}: a quarter has passed, RSS ${Math.round(weight.rssBytes / 1_048_576)} MiB`);
  return weight;
}

async function simulate(): Promise<void> {
  const seeds = Number(values.seeds);
  const jobs = Math.min(Number(values.jobs), seeds);
  const began = systemClock.monotonic();
  const failed: SeedResult[] = [];
  const gauges = new Map<string, number>();
  const totals = { seeds: 0, runs: 0, starts: 0, steps: 0, occurrences: 0, faults: 0 };
  let saidAt = began;
  const children: ChildProcess[] = [];
  const take = (result: SeedResult): void => {
    totals.seeds += 1;
    totals.runs += result.runs;
    totals.starts += result.starts;
    totals.steps += result.steps;
    totals.occurrences += result.occurrences;
    for (const count of Object.values(result.faults)) totals.faults += count;
    for (const [gauge, count] of Object.entries(result.gauges)) {
      gauges.set(gauge, (gauges.get(gauge) ?? 0) + count);
    }
    const settled = long !== undefined && (minutes * MINUTE_MS) / 4 >= 2 * long.retentionMs;
    const growth = settled ? findGrowth(result.samples) : [];
    if (long !== undefined) {
      say(`seed ${result.seed}, trace ${result.digest}`);
      for (const line of growthTable(result.samples)) say(line);
    }
    for (const line of growth) say(`seed ${result.seed} grows: ${line}`);
    if (result.failure !== null || growth.length > 0) {
      failed.push(result);
      if (result.failure !== null && failed.length <= FAILURES_SHOWN) report(result);
      if (values.until === "failure") for (const child of children) child.kill();
    }
    if (systemClock.monotonic() - saidAt < PROGRESS_EVERY_MS) return;
    saidAt = systemClock.monotonic();
    say(`${totals.seeds} of ${seeds} seeds, ${failed.length} failed`);
  };
  const exits = await Promise.all(
    Array.from({ length: jobs }, (_, job) => {
      const child = forkChild(Number(values.from) + job, jobs);
      children.push(child);
      child.on("message", take);
      return exitOf(child);
    }),
  );
  const seconds = (systemClock.monotonic() - began) / 1000;
  const missing = summarize(totals, gauges, failed, seconds);
  const died = exits.filter((code) => code !== 0).length;
  if (died > 0) say(`${died} of the processes died`);
  const silent = missing.length > 0 && totals.seeds >= SEEDS_FOR_GAUGES;
  if (silent) say(`never hit in ${totals.seeds} seeds: ${missing.join(", ")}`);
  process.exitCode = failed.length > 0 || died > 0 || silent ? 1 : 0;
}

function forkChild(from: number, stride: number): ChildProcess {
  const last = Number(values.from) + Number(values.seeds);
  const share = ["--from", `${from}`, "--seeds", `${last - from}`, "--stride", `${stride}`];
  const world = ["minutes", "round", "ease", "retention"] as const;
  const options = world.flatMap((name) => [`--${name}`, values[name]]);
  return fork(import.meta.filename, [...share, ...options], { execArgv: ["--expose-gc"] });
}

function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => child.on("exit", (code) => resolve(code ?? 1)));
}

function report({ seed, failure, tail }: SeedResult): void {
  say(`seed ${seed} failed: ${failure?.message}`);
  for (const line of tail.slice(-12)) say(`    ${line.slice(0, 240)}`);
  const world = long === undefined ? "" : ` --round ${values.round} --ease ${values.ease}`;
  const kept = long === undefined ? "" : ` --retention ${values.retention}`;
  say(`  npm run simulate -- --seed ${seed} --minutes ${minutes}${world}${kept}`);
}

/** @returns the gauges that were never hit. */
function summarize(
  totals: Readonly<
    Record<"seeds" | "runs" | "starts" | "steps" | "occurrences" | "faults", number>
  >,
  gauges: ReadonlyMap<string, number>,
  failed: readonly SeedResult[],
  seconds: number,
): string[] {
  say("");
  for (const gauge of GAUGES) say(`${String(gauges.get(gauge) ?? 0).padStart(10)}  ${gauge}`);
  const { seeds, runs, starts, steps, occurrences, faults } = totals;
  const each = ((seconds * 1000) / Math.max(1, seeds)).toFixed(0);
  say("");
  say(
    `${seeds} seeds ${long === undefined ? "twice" : "once"} in ${seconds.toFixed(0)} s ` +
      `(${each} ms each): ${occurrences} occurrences, ${runs} runs, ${starts} starts, ` +
      `${faults} faults, ${steps} steps; ${failed.length} failed`,
  );
  if (failed.length > 0) say(`failed: ${failed.map(({ seed }) => seed).join(" ")}`);
  return GAUGES.filter((gauge) => (gauges.get(gauge) ?? 0) === 0);
}
