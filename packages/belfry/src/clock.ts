/**
 * Time, as everything outside `clocks/` knows it. Instants are ms since the epoch, UTC.
 * The simulation brings its own; nothing else may ask the machine.
 */
export interface Clock {
  /** The wall clock: may jump, is what schedules and the store speak of. */
  now(): number;
  /** Ms since some start; never jumps, for how long something took. */
  monotonic(): number;
  /**
   * Calls `wake` once, when as much time has passed as lies between now and `at`, never before.
   * The wall clock may have jumped meanwhile: whoever wakes looks at it again. `sharp` spends a
   * little processor time to be late by less than a millisecond; `rough` may be a few late.
   * @returns a function that withdraws the call.
   */
  schedule(at: number, wake: () => void, precision?: Precision): () => void;
}

/** A number in [0, 1). Seeded in the simulation. */
export type Random = () => number;

export type Precision = "sharp" | "rough";
