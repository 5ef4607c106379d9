/** Makes an answer for each item, in order. */
type Doing<Item, Answer> = (items: readonly Item[], now: number) => Promise<readonly Answer[]>;

interface Asked<Item, Answer> {
  readonly items: readonly Item[];
  readonly now: number;
  readonly resolve: (answers: readonly Answer[]) => void;
  readonly reject: (error: unknown) => void;
}

/** No more go together: who asks for many waits for nobody. */
const TOGETHER_MAX = 1_000;

/**
 * What is asked while something is under way goes together when that is done: as many callers as
 * there are share one commit, and one alone waits for nobody. What fails together is done again one
 * by one, so that each caller hears of his own.
 */
export class Gatherer<Item, Answer> {
  readonly #do: Doing<Item, Answer>;
  readonly #isAway: (error: unknown) => boolean;
  #waiting: Asked<Item, Answer>[] = [];
  #under = false;

  /** @param isAway whether nothing else would fare better: then all of it fails by that error. */
  constructor(doing: Doing<Item, Answer>, isAway: (error: unknown) => boolean) {
    this.#do = doing;
    this.#isAway = isAway;
  }

  ask(items: readonly Item[], now: number): Promise<readonly Answer[]> {
    if (items.length >= TOGETHER_MAX) return this.#do(items, now);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ items, now, resolve, reject });
      if (!this.#under) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#under = true;
    while (this.#waiting.length > 0) await this.#doTogether(this.#next());
    this.#under = false;
  }

  #next(): readonly Asked<Item, Answer>[] {
    let count = 0;
    const beyond = this.#waiting.findIndex(({ items }) => {
      count += items.length;
      return count > TOGETHER_MAX;
    });
    return this.#waiting.splice(0, beyond === -1 ? this.#waiting.length : beyond);
  }

  async #doTogether(asked: readonly Asked<Item, Answer>[]): Promise<void> {
    try {
      const items = asked.flatMap((one) => one.items);
      const answers = await this.#do(items, Math.max(...asked.map(({ now }) => now)));
      let from = 0;
      for (const { items: own, resolve } of asked) {
        resolve(answers.slice(from, from + own.length));
        from += own.length;
      }
    } catch (error) {
      if (asked.length === 1 || this.#isAway(error)) {
        for (const { reject } of asked) reject(error);
      } else {
        for (const one of asked) await this.#doTogether([one]);
      }
    }
  }
}
