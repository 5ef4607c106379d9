/*
 * How many preloaded no-op jobs a second one process works off, and what each costs: Belfry's
 * complete engine, the bare statements without an engine (shape C), and the peers, each in its
 * fastest set-up, on one PostgreSQL with durable commits; BullMQ on Redis. In turn, in one run; a
 * figure is the median of the rounds. CPU is that of the whole node process, and of the server with
 * its backends.
 */
import { median, printTable, round } from "../figures.ts";
import type { ContenderName } from "./contender.ts";
import { ask } from "./postgres.ts";
import { withServers } from "./servers.ts";
import { type Drained, step } from "./step.ts";

const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 3);
const RUNS = Number(process.env["BENCH_RUNS"] ?? 100_000);

/** Slow ones are given less to do, or they would take all the time. */
const SHARE: Readonly<Record<ContenderName, number>> = {
  belfry: 1,
  "shape-c": 1,
  "graphile-worker": 1,
  "pg-boss": 0.5,
  bullmq: 0.5,
  dbos: 0.05,
};

export interface Drain extends Drained {
  readonly jobs: number;
  /** Fewest and most jobs a second. */
  readonly range: readonly [number, number];
  /** Of all its tables and indexes once all is done, beyond what it holds when empty. */
  readonly keptBytes: number | null;
}

export type DrainFigures = Readonly<Partial<Record<ContenderName, Drain>>> | null;

export async function run(): Promise<DrainFigures> {
  const names = Object.keys(SHARE) as ContenderName[];
  return await withServers(names, async ({ contenders, place }) => {
    const rounds = new Map(contenders.map((name) => [name, [] as (Drained & Kept)[]]));
    for (let turn = 0; turn < ROUNDS; turn++) {
      for (const name of contenders) {
        const where = await place(name);
        const jobs = Math.round(RUNS * SHARE[name]);
        await step(name, "preload", where, 0);
        const before = await sizeOf(where.postgres);
        await step(name, "preload", where, jobs);
        await ask(where.postgres, "vacuum analyze");
        await ask(where.postgres, "checkpoint");
        const drained = await step(name, "drain", where, jobs);
        await ask(where.postgres, "vacuum");
        const kept = (await sizeOf(where.postgres)) - before;
        rounds.get(name)?.push({ ...drained, keptBytes: name === "bullmq" ? null : kept / jobs });
      }
    }
    return Object.fromEntries(
      [...rounds].map(([name, all]) => [name, middle(all, Math.round(RUNS * SHARE[name]))]),
    );
  });
}

type Kept = Pick<Drain, "keptBytes">;

/** Of all tables with their indexes, but for PostgreSQL's own. */
async function sizeOf(url: string): Promise<number> {
  const [row] = await ask<{ size: string }>(
    url,
    `select sum(pg_total_relation_size(c.oid)) as size from pg_class c
     join pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema')`,
  );
  return Number(row?.size ?? 0);
}

function middle(rounds: readonly (Drained & Kept)[], jobs: number): Drain {
  const of = (key: keyof Drained): number => median(rounds.map((one) => one[key]));
  const rates = rounds.map(({ jobsPerSecond }) => Math.round(jobsPerSecond));
  const kept = rounds.flatMap(({ keptBytes }) => keptBytes ?? []);
  return {
    jobs,
    jobsPerSecond: Math.round(of("jobsPerSecond")),
    range: [Math.min(...rates), Math.max(...rates)],
    nodeMicroseconds: round(of("nodeMicroseconds"), 1),
    serverMicroseconds: round(of("serverMicroseconds"), 1),
    walBytes: Math.round(of("walBytes")),
    keptBytes: kept.length === 0 ? null : Math.round(median(kept)),
  };
}

export function print(figures: DrainFigures): void {
  if (figures === null) return;
  const belfry = figures.belfry;
  printTable([
    [
      "drain of no-op jobs",
      "jobs",
      "jobs/s",
      "range",
      "belfry is",
      "node µs",
      "server µs",
      "WAL B",
      "kept B",
    ],
    ...Object.entries(figures).map(([name, one]) => [
      name,
      one.jobs,
      one.jobsPerSecond,
      one.range.join("–"),
      belfry === undefined ? "" : `${round(belfry.jobsPerSecond / one.jobsPerSecond)}×`,
      one.nodeMicroseconds,
      one.serverMicroseconds,
      name === "bullmq" ? "" : one.walBytes,
      one.keptBytes ?? "",
    ]),
  ]);
}

if (import.meta.main) print(await run());
