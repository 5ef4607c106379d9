import type { Clock } from "../clock.ts";
import type { Release } from "../core/definition.ts";
import { BelfryError } from "../core/errors.ts";
import type { Store } from "../store.ts";
import type { Alerter } from "./alerter.ts";
import { BEHIND_MS_MAX, type ClockGuard } from "./clock-guard.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { Service } from "./loop.ts";
import type { Planner } from "./planner.ts";
import type { Settler } from "./settler.ts";

/** What a tick has planned. */
export interface Ticked {
  /** Up to when. */
  readonly at: number;
  /** Up to when the tick before had, or null: this is the first. */
  readonly lastAt: number | null;
}

export interface RoundOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly guard: ClockGuard;
  /** Each stepped once before anything is planned: who recovers, who frees, who switches releases. */
  readonly before: readonly Service[];
  readonly planner: Planner;
  readonly dispatcher: Dispatcher;
  readonly settler: Settler;
  readonly alerter: Alerter;
  /** Of the sources whose schedules are planned. */
  readonly releases: readonly Release[];
}

/** How long a tick that is done goes on telling of it, ms. */
const DELIVER_MS_MAX = 30_000;

/**
 * What a tick does, in the dispatcher's place: plans up to its instant, claims what had been made by
 * then, and is done when nothing of that can be claimed any more and all that was claimed is settled.
 */
export class Round implements Service {
  readonly name = "dispatcher";
  readonly precision = "sharp";
  readonly #options: RoundOptions;
  readonly #done = Promise.withResolvers<void>();
  #state: "planning" | "running" = "planning";

  constructor(options: RoundOptions) {
    this.#options = options;
    this.#done.promise.catch(() => {});
  }

  /**
   * @param begin steps this service, for as long as it takes.
   * @throws BelfryError `clock-behind`, `declared-dead`, or as the store.
   */
  async run(begin: () => void): Promise<Ticked> {
    const { clock, alerter } = this.#options;
    const ticked = await this.#plan();
    begin();
    await this.#done.promise;
    await alerter.deliver(clock.now() + DELIVER_MS_MAX);
    return ticked;
  }

  async #plan(): Promise<Ticked> {
    const { store, before, planner, dispatcher, releases } = this.#options;
    const at = await this.#believedNow();
    for (const service of before) await service.step(at);
    while ((await planner.step(at)) === "now");
    const sources = releases.map(({ source }) => source);
    const lastAt = await store.ticked(sources, at);
    dispatcher.limitTo(at);
    this.#state = "running";
    return { at, lastAt };
  }

  /** The node was declared dead: it cannot come to its end any more. */
  fail(): void {
    const message = "The other nodes took this one for dead and go on with its runs.";
    this.#done.reject(
      new BelfryError("unavailable", "declared-dead", message, "See `belfry runs`."),
    );
  }

  async step(now: number): Promise<number | "now" | null> {
    const { dispatcher, settler } = this.#options;
    if (this.#state === "planning") return null;
    const before = dispatcher.claimed;
    const next = await dispatcher.step(now);
    const isIdle = dispatcher.running === 0 && settler.backlog === 0;
    if (next !== "now" && dispatcher.claimed === before && isIdle) this.#done.resolve();
    return next;
  }

  /** A node waits until its clock is right again; a tick waits a minute, but not for an operator. */
  async #believedNow(): Promise<number> {
    const { store, clock, guard } = this.#options;
    const { highAt } = await store.mark();
    if (highAt - clock.now() > BEHIND_MS_MAX) throw clockBehind(highAt, clock.now());
    for (;;) {
      const hold = guard.holdUntil();
      if (hold === null) return clock.now();
      await new Promise<void>((resume) => clock.schedule(hold, resume));
    }
  }
}

function clockBehind(highAt: number, now: number): BelfryError {
  const [seen, told] = [highAt, now].map((at) => new Date(at).toISOString());
  const message = `This host's clock says ${told}, but the store has seen ${seen}: nothing is planned.`;
  const hint = "Set the clock, or say that it is right with `belfry doctor --accept-clock`.";
  return new BelfryError("conflict", "clock-behind", message, hint);
}
