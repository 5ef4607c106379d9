/*
 * From the call that makes a job to the first instruction of its function, ms, at 50 a second: in
 * the process that works it, and from another one. In turn, in one run; all rounds together.
 */
import { percentile, printTable, round } from "../figures.ts";
import type { ContenderName } from "./contender.ts";
import { withServers } from "./servers.ts";
import { step } from "./step.ts";

const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 3);
const SECONDS = Number(process.env["BENCH_SECONDS"] ?? 10);
/** For the other process to start, and for what it sent last to arrive. */
const LEAD_S = 6;

const NAMES: readonly ContenderName[] = ["belfry", "graphile-worker", "pg-boss", "bullmq", "dbos"];

export interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly samples: number;
}

export interface Latencies {
  readonly own: Latency;
  readonly across: Latency;
}

export type LatencyFigures = Readonly<Partial<Record<ContenderName, Latencies>>> | null;

export async function run(): Promise<LatencyFigures> {
  return await withServers(NAMES, async ({ contenders, place }) => {
    const own = new Map<ContenderName, number[]>();
    const across = new Map<ContenderName, number[]>();
    const keep = (of: Map<ContenderName, number[]>, name: ContenderName, more: number[]): void =>
      void of.set(name, [...(of.get(name) ?? []), ...more]);
    for (let turn = 0; turn < ROUNDS; turn++) {
      for (const name of contenders) {
        const one = await place(name);
        await step(name, "preload", one, 0);
        keep(own, name, await step(name, "own", one, SECONDS));
        const other = await place(name);
        await step(name, "preload", other, 0);
        const [worked] = await Promise.all([
          step(name, "work", other, SECONDS + LEAD_S),
          step(name, "send", other, SECONDS),
        ]);
        keep(across, name, worked);
      }
    }
    return Object.fromEntries(
      contenders.map((name) => [
        name,
        { own: latencyOf(own.get(name) ?? []), across: latencyOf(across.get(name) ?? []) },
      ]),
    );
  });
}

export function latencyOf(all: readonly number[]): Latency {
  return {
    p50: round(percentile(all, 0.5)),
    p99: round(percentile(all, 0.99)),
    max: round(Math.max(...all), 1),
    samples: all.length,
  };
}

export function print(figures: LatencyFigures): void {
  if (figures === null) return;
  printTable([
    ["made → started, 50 a second", "own p50 ms", "p99", "max", "across p50 ms", "p99", "max"],
    ...Object.entries(figures).map(([name, { own, across }]) => [
      name,
      own.p50,
      own.p99,
      own.max,
      across.p50,
      across.p99,
      across.max,
    ]),
  ]);
}

if (import.meta.main) print(await run());
