import type { VirtualClock } from "../../clocks/virtual.ts";
import { BelfryError } from "../../core/errors.ts";
import type { Store } from "../../store.ts";
import { type Answer, type Args, StoreFace, type Verb } from "../../stores/face.ts";
import type { Dice } from "../dice.ts";
import type { VirtualProcess } from "../virtual-process.ts";
import type { WatchedStore } from "./commits.ts";
import type { Gauges } from "./gauges.ts";

/** How the way to the store behaves, as probabilities of one call. */
export interface Weather {
  /** Calls that take up to `slowMs` each way instead of a few ms. */
  readonly slow: number;
  readonly slowMs: number;
  /** Calls that fail and change nothing. */
  readonly refused: number;
  /** Calls that are done, and whose answer is lost. */
  readonly unanswered: number;
  /** Whether calls of one process may overtake each other. */
  readonly order: "kept" | "free";
}

export const CALM: Weather = { slow: 0, slowMs: 0, refused: 0, unanswered: 0, order: "kept" };

export interface Surroundings {
  readonly base: VirtualClock;
  readonly store: WatchedStore;
  readonly gauges: Gauges;
  readonly tell: (who: string, what: string) => void;
}

/** Most calls take this at most each way, ms. */
const QUICK_MS = 4;
/** How long a call waits for a store that cannot be reached before it fails, ms. */
const GIVE_UP_MS = 2_000;

type Fate = "done" | "refused" | "unanswered";

/**
 * The store as one process sees it: each call is parked on its way there and back, and may be
 * slow, fail, or be done without an answer, while the others go on.
 */
export class FaultyStore extends StoreFace implements Store {
  weather: Weather;
  /** Nothing goes through while this is set: the process is cut off, or the store is away. */
  #cut = false;
  readonly #process: VirtualProcess;
  readonly #around: Surroundings;
  readonly #dice: Dice;
  #lastAt = 0;

  constructor(process: VirtualProcess, around: Surroundings, dice: Dice, weather: Weather = CALM) {
    super();
    this.weather = weather;
    this.#process = process;
    this.#around = around;
    this.#dice = dice;
  }

  cut(): void {
    this.#cut = true;
  }

  heal(): void {
    this.#cut = false;
  }

  onChange(): () => void {
    return () => {};
  }

  async close(): Promise<void> {}

  protected override call<V extends Verb>(verb: V, args: Args<V>): Promise<Answer<V>> {
    return new Promise((resolve, reject) => {
      const { base } = this.#around;
      const fate = this.#fate();
      const arrivesAt = this.#arrival(base.now());
      const back = this.#delay();
      const perform = (): void => {
        const result = this.#perform(verb, args, fate);
        this.#reply(back, () =>
          "error" in result ? reject(result.error) : resolve(result.answer),
        );
      };
      // A call on its way when its process dies is lost or done, as chance has it.
      const survives = this.#dice.chance(0.5);
      base.schedule(arrivesAt, () => {
        if (this.#process.state === "dead" && !survives) return;
        perform();
      });
    });
  }

  #perform<V extends Verb>(
    verb: V,
    args: Args<V>,
    fate: Fate,
  ): { readonly answer: Answer<V> } | { readonly error: unknown } {
    const { store, base, tell, gauges } = this.#around;
    const { name } = this.#process;
    if (fate === "refused" || this.#cut) {
      tell(name, `${verb}: does not reach the store`);
      gauges.hit("store away");
      return { error: storeAway() };
    }
    const result = store.perform(verb, args, name, base.now());
    if (fate === "done") return result;
    tell(name, `${verb}: its answer is lost`);
    gauges.hit("reply lost");
    return { error: storeAway() };
  }

  #reply(delayMs: number, answer: () => void): void {
    const { base } = this.#around;
    const wait = this.#cut ? GIVE_UP_MS : delayMs;
    base.schedule(base.now() + wait, () => this.#process.enter(answer));
  }

  #fate(): Fate {
    const { refused, unanswered } = this.weather;
    const drawn = this.#dice.next();
    if (drawn < refused) return "refused";
    return drawn < refused + unanswered ? "unanswered" : "done";
  }

  #arrival(now: number): number {
    const at = now + this.#delay();
    if (this.weather.order === "free") return at;
    this.#lastAt = Math.max(at, this.#lastAt);
    return this.#lastAt;
  }

  #delay(): number {
    const { slow, slowMs } = this.weather;
    if (this.#dice.chance(slow)) return this.#dice.between(0, slowMs);
    return this.#dice.chance(0.5) ? 0 : this.#dice.between(0, QUICK_MS);
  }
}

function storeAway(): BelfryError {
  return new BelfryError("unavailable", "store-unavailable", "The store cannot be reached.");
}
