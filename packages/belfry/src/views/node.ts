import type { NodeRow } from "../records.ts";
import { iso } from "./instant.ts";

export interface NodeView
  extends Omit<
    NodeRow,
    "startedAt" | "endedAt" | "leaseUntil" | "state" | "stalled" | "heartbeat"
  > {
  /** `expired`: alive, but it has not renewed its lease in time. */
  readonly state: NodeState;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly leaseUntil: string;
  /** Its event loop stands still: since when, and under which tasks. Null: it moves. */
  readonly stalled: null | { readonly since: string; readonly tasks: readonly string[] };
  /** What came of its signs of life to a service outside. Null: it has given none. */
  readonly heartbeat: null | {
    readonly heardAt: string | null;
    readonly failedAt: string | null;
    readonly error: string | null;
  };
}

export type NodeState = NodeRow["state"] | "expired";

/** A node as the faces print it. */
export function nodeView(node: NodeRow, now: number): NodeView {
  const { id, host, pid, version, concurrency, http, running, releases, stalled, heartbeat } = node;
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
    http,
    releases,
    stalled: stalled === null ? null : { since: iso(stalled.sinceAt), tasks: stalled.tasks },
    heartbeat:
      heartbeat === null
        ? null
        : {
            heardAt: iso(heartbeat.heardAt),
            failedAt: iso(heartbeat.failedAt),
            error: heartbeat.error,
          },
  };
}

/** What can be said of a node now: its row says what was known when it was last written. */
export function nodeState(node: NodeRow, now: number): NodeState {
  return node.state === "alive" && node.leaseUntil < now ? "expired" : node.state;
}
