import type { Overlap } from "./definition.ts";

/**
 * What becomes of a run that comes to its gate: `start` takes a slot, `wait` queues, `skip` leaves
 * a gap, `replace` asks the oldest running one to end and waits as the only one.
 */
export type Admission = "start" | "wait" | "skip" | "replace";

export interface Arrival {
  /** Came due now: such a run obeys the overlap policy; every other one queues. */
  readonly live: boolean;
  readonly overlap: Overlap;
  /** Slots left after those who waited already had theirs. */
  readonly free: number;
}

/** Decides at the gate. Those who wait go first, so a free slot means that nobody waits. */
export function decideAdmission(arrival: Arrival): Admission {
  if (arrival.free > 0) return "start";
  if (!arrival.live || arrival.overlap === "queue") return "wait";
  return arrival.overlap;
}
