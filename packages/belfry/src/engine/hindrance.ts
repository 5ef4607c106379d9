import type { Loop } from "./loop.ts";

/** What a node's work depends on, as it is now. */
export interface Working {
  readonly now: number;
  /** Until when the store, when it last answered, let the node work. */
  readonly leaseUntil: number;
  /** Whether the clock jumped, so that planning waits. */
  readonly isHeld: boolean;
  /** Services that step every few seconds by themselves, and those that may sleep. */
  readonly restless: readonly Pick<Loop, "name" | "sinceWellMs">[];
  readonly sleepy: readonly Pick<Loop, "name" | "stuckMs">[];
  /** How many times more rarely than usual they step. */
  readonly pace: number;
}

/** No step of a node that works takes nearly as long, ms. */
const WELL_WITHIN_MS = 30_000;

/**
 * What keeps a node from working, in words, or null. That its process lives says nothing: it works
 * if the store renews its lease and no service has stopped getting on.
 */
export function hindranceOf(working: Working): string | null {
  const { now, leaseUntil, isHeld, restless, sleepy, pace } = working;
  if (now > leaseUntil) return "its lease ran out: the store does not answer";
  if (isHeld) return "planning waits: the clock jumped, or stands below what the store has seen";
  const silent = [
    ...restless.map(({ name, sinceWellMs }) => ({ name, ms: sinceWellMs / pace })),
    ...sleepy.map(({ name, stuckMs }) => ({ name, ms: stuckMs })),
  ].find(({ ms }) => ms > WELL_WITHIN_MS);
  if (silent === undefined) return null;
  return `its ${silent.name} has not got on for ${Math.round(silent.ms / 1_000)} s`;
}
