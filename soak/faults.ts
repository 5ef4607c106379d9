import { setTimeout as sleep } from "node:timers/promises";
import type { Fault, Scene } from "./ground.ts";
import type { SoakNode } from "./node-process.ts";

/** What befalls nodes, whatever they stand on. */
export const NODE_FAULTS: readonly Fault[] = [kill, stop, restart];

/** The last one is never ended, so that its memory can be followed. */
function nodeOf({ nodes }: Scene, turn: number): SoakNode {
  const node = nodes[turn % (nodes.length - 1)];
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
async function stop({ nodes, leaseMs }: Scene): Promise<string> {
  const node = nodes.at(-1);
  if (node === undefined) throw new Error("a soak has nodes");
  node.signal("SIGSTOP");
  await sleep(2 * leaseMs);
  node.signal("SIGCONT");
  return `${node.name} stood still for ${leaseMs / 500} s`;
}

async function restart(scene: Scene, turn: number): Promise<string> {
  const node = nodeOf(scene, turn);
  const code = await node.end("SIGTERM");
  if (code !== 0) throw new Error(`${node.name} ended with ${code} after SIGTERM`);
  node.start();
  return `${node.name} was restarted`;
}
