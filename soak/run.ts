/*
 * Real time, real processes: three nodes on one store for `--minutes`, a fault every `--every`
 * seconds, then some quiet, and then everything must be accounted for, memory flat and the files
 * bounded. Nodes are killed, stopped beyond their lease and restarted; a SQLite store's disk is full
 * and its file locked; a PostgreSQL server crashes, stands still and ends its lines, and no gate may
 * ever have given more slots than it has.
 *
 *   npm run soak -- [--store sqlite|postgres] [--minutes 60] [--every 60] [--quick 100] [--keep]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Ground } from "./ground.ts";
import { postgresGround } from "./postgres-ground.ts";
import { type Sample, type Soaked, soak } from "./soak.ts";
import { sqliteGround } from "./sqlite-ground.ts";

const LEASE_MS = 6_000;
const QUIET_MS = 30_000;
const VISIT_MS = 500;

const { values } = parseArgs({
  options: {
    store: { type: "string", default: "sqlite" },
    minutes: { type: "string", default: "60" },
    every: { type: "string", default: "60" },
    /** Quick functions a second. */
    quick: { type: "string", default: "100" },
    /** Leaves the folder for a look. */
    keep: { type: "boolean", default: false },
  },
});

const minutes = Number(values.minutes);
const folder = mkdtempSync(join(tmpdir(), "belfry-soak-"));
const ground = await groundOf(values.store);
let soaked: Soaked;
try {
  soaked = await soak({
    folder,
    ground,
    durationMs: minutes * 60_000,
    everyMs: Number(values.every) * 1_000,
    quietMs: QUIET_MS,
    leaseMs: LEASE_MS,
    quick: Number(values.quick),
    visitMs: VISIT_MS,
    // What is pruned is only counted in the end: a short soak keeps it all.
    historyMinutes: minutes > 30 ? 10 : 1_440,
    tell: console.log,
  });
} finally {
  await ground[Symbol.asyncDispose]();
}
const wrong = [...soaked.wrong, ...judgeGrowth(soaked.samples)];
report(soaked);
if (!values.keep) rmSync(folder, { recursive: true, force: true });
process.exitCode = wrong.length > 0 ? 1 : 0;

async function groundOf(store: string): Promise<Ground> {
  if (store === "postgres") return await postgresGround(folder, LEASE_MS);
  if (store === "sqlite") return sqliteGround(folder);
  throw new Error(`There is no store of the kind "${store}": sqlite, or postgres.`);
}

/** Of a soak long enough to say anything: what was reached in its middle is not left behind. */
function judgeGrowth(samples: readonly Sample[]): readonly string[] {
  if (minutes < 30) return [];
  return ["memory", "store"].flatMap((what) => {
    const middle = medianOf(samples, what, 0.4, 0.5);
    const end = medianOf(samples, what, 0.9, 1);
    return end > middle * 1.2 ? [`${what} grew from ${middle} to ${end} MiB`] : [];
  });
}

function medianOf(samples: readonly Sample[], what: string, from: number, until: number): number {
  const part = samples.slice(samples.length * from, samples.length * until);
  const sorted = part.map((each) => each[what] ?? 0).sort((a, b) => a - b);
  return Math.round((sorted[sorted.length >> 1] ?? 0) * 10) / 10;
}

function report({ nodes, samples, seen }: Soaked): void {
  console.log();
  for (const { name, counts, troubles } of nodes) {
    const words = [...counts].map(([what, count]) => `${count} ${what}`).join(", ");
    console.log(`${name}: ${words}`);
    for (const [service, count] of troubles) console.log(`  ${count} troubles of the ${service}`);
  }
  for (const what of Object.keys(samples.at(-1) ?? {})) {
    const [first, middle, end] = [
      medianOf(samples, what, 0.05, 0.15),
      medianOf(samples, what, 0.4, 0.5),
      medianOf(samples, what, 0.9, 1),
    ];
    const most = Math.max(...samples.map((each) => each[what] ?? 0)).toFixed(0);
    console.log(
      `${what}: ${first} MiB at first, ${middle} in the middle, ${end} in the end, at most ${most}`,
    );
  }
  for (const line of seen) console.log(line);
  for (const line of wrong.slice(0, 20)) console.log(`wrong: ${line}`);
  console.log(wrong.length === 0 ? "all is accounted for" : `${wrong.length} things are wrong`);
}
