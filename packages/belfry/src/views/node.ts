import type { NodeRow } from "../records.ts";
import { iso } from "./instant.ts";

export interface NodeView
  extends Omit<
    NodeRow,
    "startedAt" | "endedAt" | "leaseUntil" | "state" | "stalled" | "heartbeat" | "draining"
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
  /** Who wished that it takes no new work, and since when; null: it takes what there is. */
  readonly draining: null | { readonly since: string; readonly by: string };
}

export type NodeState = NodeRow["state"] | "expired";

/** A node as the faces print it. */
export function nodeView(node: NodeRow, now: number): NodeView {
  const { id, host, pid, version, concurrency, tags, http, running, releases } = node;
  const { stalled, heartbeat, draining } = node;
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
    tags,
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
    draining: draining === null ? null : { since: iso(draining.sinceAt), by: draining.by },
  };
}

/** What can be said of a node now: its row says what was known when it was last written. */
export function nodeState(node: NodeRow, now: number): NodeState {
  return node.state === "alive" && node.leaseUntil < now ? "expired" : node.state;
}
