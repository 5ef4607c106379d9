import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import type { Disk } from "./disk.ts";
import type { SoakNode } from "./node-process.ts";

export interface Scene {
  readonly nodes: readonly SoakNode[];
  readonly disk: Disk;
  readonly store: string;
}

/** What goes wrong, one after the other; each is over when its promise resolves. */
export type Fault = (scene: Scene, turn: number) => Promise<string>;

export const FAULTS: readonly Fault[] = [kill, stop, fill, restart, lock];

function nodeOf({ nodes }: Scene, turn: number): SoakNode {
  const node = nodes[turn % 2];
  if (node === undefined) throw new Error("a soak has nodes");
  return node;
}

async function kill(scene: Scene, turn: number): Promise<string> {
  const node = nodeOf(scene, turn);
  await node.end("SIGKILL");
  node.start();
  return `${node.name} was killed and started again`;
}

/** Longer than its lease, so that the others take its runs. */
async function stop({ nodes }: Scene): Promise<string> {
  const node = nodes.at(-1);
  if (node === undefined) throw new Error("a soak has nodes");
  node.signal("SIGSTOP");
  await sleep(12_000);
  node.signal("SIGCONT");
  return `${node.name} stood still for 12 s`;
}

async function fill({ disk }: Scene): Promise<string> {
  if (!disk.own) return "the disk was left alone: no disk of its own could be mounted";
  disk.fill();
  await sleep(10_000);
  disk.empty();
  await sleep(3_000);
  disk.fill();
  await sleep(5_000);
  disk.empty();
  return "the disk was full for 10 s, and 3 s later for another 5 s";
}

async function restart(scene: Scene, turn: number): Promise<string> {
  const node = nodeOf(scene, turn);
  const code = await node.end("SIGTERM");
  if (code !== 0) throw new Error(`${node.name} ended with ${code} after SIGTERM`);
  node.start();
  return `${node.name} was restarted`;
}

/** Somebody else's transaction, a backup say, holds the file. */
async function lock({ store }: Scene): Promise<string> {
  const other = new DatabaseSync(store, { timeout: 10_000 });
  try {
    other.exec("begin immediate");
    await sleep(8_000);
    other.exec("rollback");
  } finally {
    other.close();
  }
  return "somebody else held the store's lock for 8 s";
}
