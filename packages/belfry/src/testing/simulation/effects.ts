/** How it ended: by itself, when told, or killed. */
export type EffectEnd = "succeeded" | "failed" | "stopped" | "died";

/** One start of a task's code and its end, as the outside world saw them. */
export interface Effect {
  readonly run: string;
  readonly fence: number;
  readonly number: number;
  readonly node: string;
  readonly payload: string | null;
  readonly startedAt: number;
  endedAt: number | null;
  end: EffectEnd | null;
}

/**
 * What tasks really did: written by the tasks alone, on the world's own clock, never read by the
 * engine. The independent witness against which the store is judged.
 */
export class Effects {
  readonly #byRun = new Map<string, Effect[]>();
  /** Runs that have ended, whose starts were judged and are forgotten. */
  readonly #closed = new Set<string>();
  #starts = 0;
  readonly #onStart: (effect: Effect, earlier: readonly Effect[]) => void;
  readonly #onEnd: (effect: Effect) => void;

  constructor(
    onStart: (effect: Effect, earlier: readonly Effect[]) => void,
    onEnd: (effect: Effect) => void,
  ) {
    this.#onStart = onStart;
    this.#onEnd = onEnd;
  }

  /** How many there have been. */
  get starts(): number {
    return this.#starts;
  }

  start(effect: Omit<Effect, "endedAt" | "end">): Effect {
    const earlier = this.#byRun.get(effect.run) ?? [];
    const started: Effect = { ...effect, endedAt: null, end: null };
    this.#starts += 1;
    this.#byRun.set(effect.run, [...earlier, started]);
    this.#onStart(started, earlier);
    return started;
  }

  end(effect: Effect, end: EffectEnd, at: number): void {
    effect.end = end;
    effect.endedAt = at;
    this.#onEnd(effect);
  }

  of(run: string): readonly Effect[] {
    return this.#byRun.get(run) ?? [];
  }

  /** Forgets a run's starts, unless one of them goes on: it may not start any more. */
  close(run: string): void {
    if (this.of(run).some(({ endedAt }) => endedAt === null)) return;
    this.#byRun.delete(run);
    this.#closed.add(run);
  }

  isClosed(run: string): boolean {
    return this.#closed.has(run);
  }

  /** The run is not there any more. */
  forget(run: string): void {
    this.#byRun.delete(run);
    this.#closed.delete(run);
  }
}
