import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Store } from "../packages/belfry/src/store.ts";
import { NODE_FAULTS } from "./faults.ts";
import type { Fault, Ground, Scene } from "./ground.ts";
import { type Beginnings, judge, judgeKeys, readBeginnings } from "./judge.ts";
import { SoakNode } from "./node-process.ts";
import { Visitors } from "./visitors.ts";

export interface SoakOptions {
  readonly folder: string;
  readonly ground: Ground;
  readonly durationMs: number;
  /** Between two faults. */
  readonly everyMs: number;
  /** After the last, before everything must be accounted for. */
  readonly quietMs: number;
  readonly leaseMs: number;
  /** Quick functions a second. */
  readonly quick: number;
  /** Between two visits from outside. */
  readonly visitMs: number;
  /** How long what has ended is kept. */
  readonly historyMinutes: number;
  readonly tell: (line: string) => void;
}

/** Sizes in MiB, by name; the memory is of the node that is never ended. */
export type Sample = Readonly<Record<string, number>>;

export interface Soaked {
  readonly nodes: readonly SoakNode[];
  readonly samples: readonly Sample[];
  readonly seen: readonly string[];
  /** None is what a soak is run for. */
  readonly wrong: readonly string[];
}

const SAMPLE_EVERY_MS = 5_000;
const READY_WITHIN_MS = 60_000;
const GATED = ["gate-skip-1", "gate-queue-3", "gate-replace-1", "gate-of-customer"];

/** Real nodes on one store, with faults in turn; then some quiet, and everything is judged. */
export async function soak(options: SoakOptions): Promise<Soaked> {
  const { folder, ground, leaseMs, quietMs, quick, historyMinutes, visitMs } = options;
  const effects = join(folder, "effects");
  writeFileSync(effects, "", { mode: 0o666 });
  const environment = {
    SOAK_STORE: ground.url,
    SOAK_EFFECTS: effects,
    SOAK_QUICK: String(quick),
    SOAK_LEASE_MS: String(leaseMs),
    SOAK_HISTORY_MINUTES: String(historyMinutes),
  };
  const nodes = ["n1", "n2", "n3"].map((name) => new SoakNode(name, environment));
  const wrong: string[] = [];
  const samples: Sample[] = [];
  const sampling = setInterval(() => {
    const memory = nodes.at(-1)?.memory() ?? null;
    if (memory !== null) samples.push({ memory, ...ground.sizes() });
  }, SAMPLE_EVERY_MS);
  try {
    for (const node of nodes) {
      node.start();
      await sleep(1_000);
    }
    const beginnings = await begun(ground, nodes.length);
    await ground.watch();
    await using store = closing(await ground.open());
    const visitors = new Visitors(store, GATED, visitMs);
    try {
      await rage(options, nodes, samples, wrong);
      await visitors.end();
    } finally {
      await visitors.abandon();
    }
    await sleep(quietMs);
    const codes = await Promise.all(nodes.map((node) => node.end("SIGTERM")));
    for (const [index, code] of codes.entries()) {
      if (code !== 0) wrong.push(`${nodes[index]?.name} ended with ${code}`);
    }
    wrong.push(...(await judge(store, effects, beginnings)), ...(await ground.judge()));
    wrong.push(...visitors.wrong, ...(await judgeKeys(store, visitors.keys)));
    const visits = `${visitors.keys.size} keys were given twice, ${visitors.cancelled} runs cancelled`;
    return { nodes, samples, seen: [visits, ...(await ground.describe())], wrong };
  } finally {
    clearInterval(sampling);
    for (const node of nodes) await node.end("SIGKILL");
  }
}

function closing(store: Store): Store & AsyncDisposable {
  return Object.assign(store, { [Symbol.asyncDispose]: () => store.close() });
}

/** Looks until all nodes have joined and carry the tasks. */
async function begun(ground: Ground, nodes: number): Promise<Beginnings> {
  const until = performance.now() + READY_WITHIN_MS;
  const store = await ground.open();
  try {
    for (;;) {
      const [task] = await store.tasks("witness-quick");
      if (task !== undefined && task.carriers.length === nodes) return await readBeginnings(store);
      if (performance.now() > until) throw new Error("the nodes of the soak did not join");
      await sleep(200);
    }
  } finally {
    await store.close();
  }
}

async function rage(
  { durationMs, everyMs, leaseMs, ground, tell }: SoakOptions,
  nodes: readonly SoakNode[],
  samples: readonly Sample[],
  wrong: string[],
): Promise<void> {
  const scene: Scene = { nodes, leaseMs };
  const faults = inTurn(NODE_FAULTS, ground.faults);
  const from = performance.now();
  const until = from + durationMs;
  for (let turn = 0; performance.now() + everyMs < until; turn++) {
    await sleep(everyMs);
    const fault = faults[turn % faults.length];
    if (fault === undefined) continue;
    const happened = await fault(scene, turn);
    const seconds = Math.round((performance.now() - from) / 1_000);
    const sizes = Object.entries(samples.at(-1) ?? {});
    const words = sizes.map(([what, size]) => `${what} ${size.toFixed(0)} MiB`);
    tell(`${seconds} s: ${[happened, ...words].join(", ")}`);
    for (const node of nodes) if (node.fell) wrong.push(`${node.name} ended by itself`);
  }
  await sleep(Math.max(0, until - performance.now()));
}

/** One of the nodes', one of the ground's, and so on. */
function inTurn(nodes: readonly Fault[], ground: readonly Fault[]): readonly Fault[] {
  const faults: Fault[] = [];
  for (let index = 0; index < Math.max(nodes.length, ground.length); index++) {
    for (const each of [nodes[index], ground[index]]) if (each !== undefined) faults.push(each);
  }
  return faults;
}
