import type { Clock } from "../clock.ts";
import type { VirtualClock } from "../clocks/virtual.ts";

export interface VirtualProcessOptions {
  readonly name: string;
  readonly host: string;
  /** True time. */
  readonly base: VirtualClock;
  /** How far its wall clock is off true time. */
  readonly offsetMs: number;
  /** Called whenever code of this process was entered: promises may follow. */
  readonly stirred: () => void;
}

/**
 * A process of the operating system: can be killed (nothing of it happens any more) and stopped
 * (its timers and answers are held, then come all at once, as after SIGSTOP and SIGCONT).
 */
export class VirtualProcess {
  readonly name: string;
  readonly host: string;
  readonly clock: Clock;
  readonly #base: VirtualClock;
  readonly #stirred: () => void;
  #state: "running" | "stopped" | "dead" = "running";
  #held: (() => void)[] = [];
  #offsetMs: number;
  constructor(options: VirtualProcessOptions) {
    const { name, host, base, offsetMs, stirred } = options;
    this.name = name;
    this.host = host;
    this.#base = base;
    this.#offsetMs = offsetMs;
    this.#stirred = stirred;
    this.clock = {
      now: () => base.now() + this.#offsetMs,
      monotonic: () => base.monotonic(),
      schedule: (at, wake) => this.#schedule(at, wake),
    };
  }

  get state(): "running" | "stopped" | "dead" {
    return this.#state;
  }

  /** Enters the process's code, when it runs; a dead one does nothing. */
  enter(code: () => void): void {
    if (this.#state === "dead") return;
    if (this.#state === "stopped") {
      this.#held.push(code);
      return;
    }
    this.#stirred();
    code();
  }

  /** Its host's wall clock jumps; monotonic time does not. */
  jump(ms: number): void {
    this.#offsetMs += ms;
  }

  stop(): void {
    if (this.#state === "running") this.#state = "stopped";
  }

  resume(): void {
    if (this.#state !== "stopped") return;
    this.#state = "running";
    // One after the other, with the promises of each settled before the next.
    for (const code of this.#held.splice(0)) {
      this.#base.schedule(this.#base.now(), () => this.enter(code));
    }
  }

  kill(): void {
    this.#state = "dead";
    this.#held = [];
  }

  #schedule(at: number, wake: () => void): () => void {
    const left = Math.ceil(Math.max(at - this.clock.now(), 0));
    let withdrawn = false;
    const withdraw = this.#base.schedule(this.#base.now() + left, () =>
      this.enter(() => {
        if (!withdrawn) wake();
      }),
    );
    return () => {
      withdrawn = true;
      withdraw();
    };
  }
}
