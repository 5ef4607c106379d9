import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { ClaimedRun } from "../packages/belfry/src/records.ts";
import type { Settlement, Store } from "../packages/belfry/src/store.ts";
import { openKeeper } from "../packages/belfry/src/stores/sqlite/keeper-client.ts";
import { SqliteStore } from "../packages/belfry/src/stores/sqlite/store.ts";
import {
  definition,
  NOON,
  request,
  SUCCEEDED,
  settlement,
  stage,
} from "../packages/belfry/src/stores/store.fixture.ts";

// How many no-op runs a second the bare store claims and settles, with full history, durably.

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "50000" },
    repeat: { type: "string", default: "3" },
    batches: { type: "string", default: "100,500,1000" },
  },
});
const RUNS = Number(values.runs);
const REPEAT = Number(values.repeat);
const BATCHES = values.batches.split(",").map(Number);

const STORES: readonly { name: string; open: (path: string) => Promise<Store> }[] = [
  { name: "direct", open: async (path) => new SqliteStore(path) },
  {
    name: "keeper",
    open: (path) => openKeeper({ path, death: "by-lease", stalls: "silent" }),
  },
];

const task = definition("noop");

for (const batch of BATCHES) {
  for (const { name, open } of STORES) {
    const rates: number[] = [];
    for (let i = 0; i < REPEAT; i += 1) rates.push(await measure(open, batch));
    rates.sort((a, b) => a - b);
    const middle = rates[Math.floor(rates.length / 2)] ?? 0;
    const spread = `${thousands(rates[0] ?? 0)}–${thousands(rates.at(-1) ?? 0)}`;
    console.log(`${name}, batch ${batch}: ${thousands(middle)} k runs/s (${spread})`);
  }
}

async function measure(open: (path: string) => Promise<Store>, batch: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "belfry-bench-"));
  const store = await open(join(folder, "belfry.db"));
  try {
    await stage(store, [task]);
    for (let made = 0; made < RUNS; made += 5_000) {
      const requests = Array.from({ length: Math.min(5_000, RUNS - made) }, () => request(task));
      await store.trigger(requests, NOON);
    }
    const startedAt = performance.now();
    const done = await drain(store, batch);
    const tookMs = performance.now() - startedAt;
    if (done !== RUNS) throw new Error(`${done} of ${RUNS} runs were settled.`);
    return (RUNS / tookMs) * 1_000;
  } finally {
    await store.close();
    rmSync(folder, { recursive: true });
  }
}

/** Settles batch n and claims batch n + 1 in one turn, as the engine does. */
async function drain(store: Store, batch: number): Promise<number> {
  let settled = 0;
  let claims = 0;
  let held: readonly ClaimedRun[] = [];
  for (;;) {
    claims += 1;
    const settling = held.length === 0 ? [] : store.settle(held.map(succeeded), NOON);
    const claim = { node: "n1", claimId: String(claims), limit: batch, only: null };
    const [answers, claimed] = await Promise.all([settling, store.claim(claim, NOON)]);
    settled += answers.filter((answer) => answer === "settled").length;
    if (claimed.runs.length === 0) return settled;
    held = claimed.runs;
  }
}

function succeeded(run: ClaimedRun): Settlement {
  return settlement(run, SUCCEEDED, NOON);
}

function thousands(rate: number): string {
  return (rate / 1_000).toFixed(1);
}
