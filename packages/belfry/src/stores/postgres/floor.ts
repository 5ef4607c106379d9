/** What arrives so late after others is looked for with them, ms. */
const BELOW_MS = 2_000;
/** So often all is looked at, ms: what arrives later still waits no longer. */
const ALL_EVERY_MS = 2_000;
/** Fewer at once leave too little behind to be in anybody's way. */
const MANY = 500;

/**
 * From which readiness on a node looks for what is due. Rows that it took stay where they stood for
 * as long as somebody's old snapshot sees them (a dump, a forgotten transaction): whoever looks from
 * the beginning passes them all, each time more. So one who takes many, and goes on, begins a little
 * below where it last did.
 */
export class Floor {
  #at = 0;
  /** When all was last looked at. */
  #allAt = 0;

  /** @returns 0 where all is to be looked at. */
  next(now: number): number {
    if (this.#at > 0 && Math.abs(now - this.#allAt) < ALL_EVERY_MS) return this.#at;
    this.#allAt = now;
    return 0;
  }

  /** @param readyAt of the first that was taken; `all` where there were as many as were asked for. */
  took(count: number, readyAt: number | undefined, which: "all" | "fewer"): void {
    const goesOn = which === "all" && count >= MANY && readyAt !== undefined;
    this.#at = goesOn ? Math.max(0, readyAt - BELOW_MS) : 0;
  }
}
