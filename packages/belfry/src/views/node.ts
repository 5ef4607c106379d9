import type { NodeRow } from "../records.ts";
import { iso } from "./instant.ts";

export interface NodeView
  extends Omit<NodeRow, "startedAt" | "endedAt" | "leaseUntil" | "state" | "stalled"> {
  /** `expired`: alive, but it has not renewed its lease in time. */
  readonly state: NodeState;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly leaseUntil: string;
  /** Its event loop stands still: since when, and under which tasks. Null: it moves. */
  readonly stalled: null | { readonly since: string; readonly tasks: readonly string[] };
}

export type NodeState = NodeRow["state"] | "expired";

/** A node as the faces print it. */
export function nodeView(node: NodeRow, now: number): NodeView {
  const { id, host, pid, version, concurrency, running, releases, stalled } = node;
  return {
    id,
    state: nodeState(node, now),
    host,
    pid,
    version,
    startedAt: iso(node.startedAt),
    endedAt: iso(node.endedAt),
    leaseUntil: iso(node.leaseUntil),
    running,
    concurrency,
    releases,
    stalled: stalled === null ? null : { since: iso(stalled.sinceAt), tasks: stalled.tasks },
  };
}

/** What can be said of a node now: its row says what was known when it was last written. */
export function nodeState(node: NodeRow, now: number): NodeState {
  return node.state === "alive" && node.leaseUntil < now ? "expired" : node.state;
}
