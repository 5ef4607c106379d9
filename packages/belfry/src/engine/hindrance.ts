import type { Loop } from "./loop.ts";
import type { Planner } from "./planner.ts";

/** What a node's work depends on, as it is now. */
export interface Working {
  readonly now: number;
  /** Until when the store, when it last answered, let the node work. */
  readonly leaseUntil: number;
  /** Whether the clock jumped, so that planning waits. */
  readonly isHeld: boolean;
  /** It reads from the store every few seconds, whatever there is to do. */
  readonly planner: Pick<Planner, "sinceReadMs">;
  /** Without these nothing runs; they may sleep. */
  readonly services: readonly Pick<Loop, "name" | "stuckMs">[];
  /** How many times more rarely than usual the planner reads. */
  readonly pace: number;
}

/** Nothing that a node does takes nearly as long while it works, ms. */
const WELL_WITHIN_MS = 30_000;

/**
 * What keeps a node from working, in words, or null. That its process lives says nothing: it works
 * if the store renews its lease, tells the planner what is due, and no service is stuck.
 */
export function hindranceOf(working: Working): string | null {
  const { now, leaseUntil, isHeld, planner, services, pace } = working;
  if (now > leaseUntil) return "its lease ran out: the store does not answer";
  if (isHeld) return "planning waits: the clock jumped, or stands below what the store has seen";
  if (planner.sinceReadMs > WELL_WITHIN_MS * pace) {
    return `nothing could be planned for ${secondsOf(planner.sinceReadMs)}`;
  }
  const stuck = services.find(({ stuckMs }) => stuckMs > WELL_WITHIN_MS);
  if (stuck === undefined) return null;
  return `its ${stuck.name} has not got on for ${secondsOf(stuck.stuckMs)}`;
}

function secondsOf(ms: number): string {
  return `${Math.round(ms / 1_000)} s`;
}
