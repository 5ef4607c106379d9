import type { Clock } from "../clock.ts";
import type { Events } from "./events.ts";

/** Wall and monotonic time may differ by this before it counts as a jump, ms. */
const TOLERANCE_MS = 5_000;
/** How long planning and reaping wait after a jump before the new time is believed, ms. */
export const HOLD_MS = 60_000;
/** Further behind the store's mark than this, only an operator can tell which time is right, ms. */
export const BEHIND_MS_MAX = 3_600_000;

/**
 * Notices that the wall clock jumped. If monotonic time agrees that it passed, it was downtime and
 * nothing is wrong; if not, nobody is declared late or dead until the new time has held a minute.
 */
export class ClockGuard {
  readonly #clock: Clock;
  readonly #events: Events;
  #wall: number;
  #monotonic: number;
  #heldUntilMonotonic = 0;
  /** How far the clock jumped, each time, until somebody has written it down. */
  readonly #jumps: number[] = [];

  constructor(clock: Clock, events: Events) {
    this.#clock = clock;
    this.#events = events;
    this.#wall = clock.now();
    this.#monotonic = clock.monotonic();
  }

  /** When to ask again, by the wall clock, or null: the time may be believed. */
  holdUntil(): number | null {
    const wall = this.#clock.now();
    const monotonic = this.#clock.monotonic();
    const jumpMs = wall - this.#wall - (monotonic - this.#monotonic);
    this.#wall = wall;
    this.#monotonic = monotonic;
    if (Math.abs(jumpMs) > TOLERANCE_MS) {
      this.#jumps.push(jumpMs);
      this.#hold(jumpMs, monotonic);
    }
    const left = this.#heldUntilMonotonic - monotonic;
    return left > 0 ? wall + left : null;
  }

  /** The jumps since it was last asked, ms: forward or, below 0, back. */
  takeJumps(): readonly number[] {
    return this.#jumps.splice(0);
  }

  /** The clock stands below what the store has seen: wait, then work on; cursors stay. */
  behind(markAt: number): void {
    const behindMs = markAt - this.#clock.now();
    if (behindMs <= TOLERANCE_MS) return;
    this.#hold(-behindMs, this.#clock.monotonic());
  }

  #hold(jumpMs: number, monotonic: number): void {
    this.#heldUntilMonotonic = monotonic + HOLD_MS;
    this.#events.emit({ kind: "clock", jumpMs, holdMs: HOLD_MS });
  }
}
