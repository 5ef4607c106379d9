import { writeSync } from "node:fs";
import type { NodeRow } from "../records.ts";
import { Pulse, StallWatch } from "./pulse.ts";

/** What a thread is given that watches the event loop of the program it works for. */
export interface StallTerms {
  /** Of a `Pulse`. */
  readonly pulse: SharedArrayBuffer;
  /** How long the loop stands still before it is named, ms. */
  readonly stallMs: number;
  /** Whether it is named on stderr: a library prints nothing. */
  readonly stalls: "printed" | "silent";
}

/** Unless told, a loop that stands still is named after this, ms. */
export const STALL_MS = 5_000;

/** Says from another thread that an event loop stands still, under which tasks, and that it moves again. */
export class Stalls {
  readonly #pulse: Pulse;
  readonly #watch: StallWatch;
  readonly #stalls: StallTerms["stalls"];

  constructor({ pulse, stallMs, stalls }: StallTerms) {
    this.#pulse = new Pulse(pulse);
    this.#watch = new StallWatch(stallMs);
    this.#stalls = stalls;
  }

  /**
   * To be called every BEAT_MS, after a sign of life was asked for.
   * @returns what the node's row is to say from now on, or undefined: what it says.
   */
  tick(now: number): NodeRow["stalled"] | undefined {
    const change = this.#watch.tick(this.#pulse.beats);
    if (change === null) return undefined;
    const seconds = (change.forMs / 1_000).toFixed(0);
    if (change.kind === "moves") {
      this.#say(`belfry: the event loop moves again, after ${seconds} s.\n`);
      return null;
    }
    const { tasks } = this.#pulse;
    const at = tasks.length === 0 ? "no task of belfry is running" : `at ${tasks.join(", ")}`;
    this.#say(`belfry: the event loop has stood still for ${seconds} s: ${at}.\n`);
    return { sinceAt: now - change.forMs, tasks };
  }

  #say(text: string): void {
    if (this.#stalls === "printed") writeSync(2, text);
  }
}
