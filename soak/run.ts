/*
 * Real time, real processes: three nodes on one store for `--minutes`, a fault every `--every`
 * seconds (a node killed, one stopped beyond its lease, the disk full, a restart, the store locked),
 * then some quiet, and then everything must be accounted for, memory flat and the files bounded.
 *
 *   npm run soak -- [--minutes 60] [--every 60] [--quick 100] [--keep]
 */
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { makeDisk, usedMiB } from "./disk.ts";
import { FAULTS, type Scene } from "./faults.ts";
import { judge, readBeginnings } from "./judge.ts";
import { SoakNode } from "./node-process.ts";

const SAMPLE_EVERY_MS = 5_000;
const QUIET_MS = 30_000;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "60" },
    every: { type: "string", default: "60" },
    /** Quick functions a second. */
    quick: { type: "string", default: "100" },
    /** Leaves the folder for a look. */
    keep: { type: "boolean", default: false },
  },
});

interface Sample {
  readonly memory: number;
  readonly storeMiB: number;
  readonly walMiB: number;
  readonly diskMiB: number;
}

const folder = mkdtempSync(join(tmpdir(), "belfry-soak-"));
const effects = join(folder, "effects");
writeFileSync(effects, "");
const disk = makeDisk(folder);
mkdirSync(join(disk.folder, "belfry"), { mode: 0o700 });
const store = join(disk.folder, "belfry", "belfry.db");
const environment = { SOAK_STORE: store, SOAK_EFFECTS: effects, SOAK_QUICK: values.quick };
// The last one is never ended, so that its memory can be followed.
const nodes = ["n1", "n2", "n3"].map((name) => new SoakNode(name, environment));
const scene: Scene = { nodes, disk, store };

const wrong: string[] = [];
const samples: Sample[] = [];
try {
  for (const node of nodes) {
    node.start();
    await sleep(1_000);
  }
  await sleep(4_000);
  const beginnings = await readBeginnings(store);
  const sampling = setInterval(sample, SAMPLE_EVERY_MS);
  await rage();
  await sleep(QUIET_MS);
  clearInterval(sampling);
  for (const node of nodes) {
    const code = await node.end("SIGTERM");
    if (code !== 0) wrong.push(`${node.name} ended with ${code}`);
  }
  wrong.push(...(await judge(store, effects, beginnings)), ...judgeGrowth());
} finally {
  for (const node of nodes) await node.end("SIGKILL");
  disk[Symbol.dispose]();
}
report();
if (!values.keep) rmSync(folder, { recursive: true, force: true });
process.exitCode = wrong.length > 0 ? 1 : 0;

async function rage(): Promise<void> {
  const until = performance.now() + Number(values.minutes) * 60_000;
  const everyMs = Number(values.every) * 1_000;
  for (let turn = 0; performance.now() + everyMs < until; turn++) {
    await sleep(everyMs);
    const fault = FAULTS[turn % FAULTS.length];
    if (fault === undefined) continue;
    const minute = Math.round(performance.now() / 60_000);
    console.log(`${minute} min: ${await fault(scene, turn)}; ${describe(samples.at(-1))}`);
    for (const node of nodes) if (node.fell) wrong.push(`${node.name} ended by itself`);
  }
  await sleep(Math.max(0, until - performance.now()));
}

function sample(): void {
  const memory = nodes.at(-1)?.memory() ?? null;
  if (memory === null) return;
  samples.push({
    memory,
    storeMiB: sizeMiB(store),
    walMiB: sizeMiB(`${store}-wal`),
    diskMiB: usedMiB(disk.folder),
  });
}

function sizeMiB(file: string): number {
  return (statSync(file, { throwIfNoEntry: false })?.size ?? 0) / 2 ** 20;
}

/** Of a soak long enough to say anything: what was reached in its middle is not left behind. */
function judgeGrowth(): readonly string[] {
  if (Number(values.minutes) < 30) return [];
  const found: string[] = [];
  for (const [what, allowed] of [
    ["memory", 1.2],
    ["storeMiB", 1.2],
  ] as const) {
    const middle = medianOf(what, 0.4, 0.5);
    const end = medianOf(what, 0.9, 1);
    if (end > middle * allowed) found.push(`${what} grew from ${middle} to ${end} MiB`);
  }
  return found;
}

function medianOf(what: keyof Sample, from: number, until: number): number {
  const part = samples.slice(samples.length * from, samples.length * until);
  const sorted = part.map((each) => each[what]).sort((a, b) => a - b);
  return Math.round((sorted[sorted.length >> 1] ?? 0) * 10) / 10;
}

function describe(found: Sample | undefined): string {
  if (found === undefined) return "";
  const { memory, storeMiB, walMiB, diskMiB } = found;
  return [
    `memory ${memory.toFixed(0)} MiB`,
    `store ${storeMiB.toFixed(0)} MiB`,
    `WAL ${walMiB.toFixed(0)} MiB`,
    `disk ${diskMiB.toFixed(0)} MiB`,
  ].join(", ");
}

function report(): void {
  console.log();
  for (const { name, counts, troubles } of nodes) {
    const words = [...counts].map(([what, count]) => `${count} ${what}`).join(", ");
    console.log(`${name}: ${words}`);
    for (const [service, count] of troubles) console.log(`  ${count} troubles of the ${service}`);
  }
  console.log(
    `memory of ${nodes.at(-1)?.name}: ${medianOf("memory", 0.05, 0.15)} MiB at first, ` +
      `${medianOf("memory", 0.4, 0.5)} in the middle, ${medianOf("memory", 0.9, 1)} in the end`,
  );
  console.log(
    `store: ${medianOf("storeMiB", 0.4, 0.5)} MiB in the middle, ${medianOf("storeMiB", 0.9, 1)} in the end; ` +
      `largest WAL ${Math.max(0, ...samples.map(({ walMiB }) => walMiB)).toFixed(0)} MiB`,
  );
  for (const line of wrong.slice(0, 20)) console.log(`wrong: ${line}`);
  console.log(wrong.length === 0 ? "all is accounted for" : `${wrong.length} things are wrong`);
}
