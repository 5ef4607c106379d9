import { type ChildProcess, fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { systemClock } from "../clocks/system.ts";
import { GAUGES } from "./simulation/gauges.ts";
import { runSeedTwice, type SeedResult } from "./simulation/seed.ts";
import { runSeed } from "./simulation/world.ts";

/*
 * npm run simulate -- --seeds N [--from K] [--minutes M] [--jobs J]   many seeds, each twice
 * npm run simulate -- --seed S [--minutes M]                          one seed, its trace in words
 */

/** Gauges that were never hit count as a failure from so many seeds on. */
const SEEDS_FOR_GAUGES = 500;
const FAILURES_SHOWN = 5;
const PROGRESS_EVERY_MS = 5_000;

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    seeds: { type: "string", default: "200" },
    from: { type: "string", default: "1" },
    minutes: { type: "string", default: "15" },
    /** `failure`: ends with the first one. */
    until: { type: "string", default: "end" },
    jobs: { type: "string", default: String(Math.min(2, availableParallelism())) },
    /** Set by this program for its own children: every how many seeds is theirs. */
    stride: { type: "string" },
  },
});

const minutes = Number(values.minutes);
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

if (values.seed !== undefined) await replay(Number(values.seed));
else if (values.stride !== undefined) await work(Number(values.stride));
else await simulate();

async function replay(seed: number): Promise<void> {
  const result = await runSeed({ seed, minutes, print: say });
  say(result.failure === null ? "no violation" : `violated: ${result.failure.message}`);
  process.exitCode = result.failure === null ? 0 : 1;
}

/** A child: runs its share of the seeds and sends what became of each. */
async function work(stride: number): Promise<void> {
  const end = Number(values.from) + Number(values.seeds);
  for (let seed = Number(values.from); seed < end; seed += stride) {
    const result = await runSeedTwice({ seed, minutes });
    process.send?.(result);
  }
  process.disconnect?.();
}

async function simulate(): Promise<void> {
  const seeds = Number(values.seeds);
  const jobs = Math.min(Number(values.jobs), seeds);
  const began = systemClock.monotonic();
  const failed: SeedResult[] = [];
  const gauges = new Map<string, number>();
  const totals = { seeds: 0, runs: 0, starts: 0, steps: 0 };
  let saidAt = began;
  const children: ChildProcess[] = [];
  const take = (result: SeedResult): void => {
    totals.seeds += 1;
    totals.runs += result.runs;
    totals.starts += result.starts;
    totals.steps += result.steps;
    for (const [gauge, count] of Object.entries(result.gauges)) {
      gauges.set(gauge, (gauges.get(gauge) ?? 0) + count);
    }
    if (result.failure !== null) {
      failed.push(result);
      if (failed.length <= FAILURES_SHOWN) report(result);
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
  return fork(import.meta.filename, [...share, "--minutes", values.minutes]);
}

function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => child.on("exit", (code) => resolve(code ?? 1)));
}

function report({ seed, failure, tail }: SeedResult): void {
  say(`seed ${seed} failed: ${failure?.message}`);
  for (const line of tail.slice(-12)) say(`    ${line.slice(0, 240)}`);
  say(`  npm run simulate -- --seed ${seed} --minutes ${minutes}`);
}

/** @returns the gauges that were never hit. */
function summarize(
  totals: { seeds: number; runs: number; starts: number; steps: number },
  gauges: ReadonlyMap<string, number>,
  failed: readonly SeedResult[],
  seconds: number,
): string[] {
  say("");
  for (const gauge of GAUGES) say(`${String(gauges.get(gauge) ?? 0).padStart(10)}  ${gauge}`);
  const { seeds, runs, starts, steps } = totals;
  const each = ((seconds * 1000) / Math.max(1, seeds)).toFixed(0);
  say("");
  say(
    `${seeds} seeds twice in ${seconds.toFixed(0)} s (${each} ms each): ${runs} runs, ` +
      `${starts} starts, ${steps} steps; ${failed.length} failed`,
  );
  if (failed.length > 0) say(`failed: ${failed.map(({ seed }) => seed).join(" ")}`);
  return GAUGES.filter((gauge) => (gauges.get(gauge) ?? 0) === 0);
}
