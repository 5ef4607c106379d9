import { type Family, labelled } from "./open-metrics.ts";

interface Counts {
  /** Of each bucket alone, the one without a bound last. */
  readonly buckets: number[];
  sum: number;
}

/** How durations are spread, in seconds, by labels. */
export class Histogram<Label extends string = never> {
  readonly #name: string;
  readonly #help: string;
  readonly #bounds: readonly number[];
  readonly #counts = new Map<
    string,
    Counts & { readonly labels: Readonly<Record<Label, string>> }
  >();

  /** @param bounds in seconds, rising. */
  constructor(name: string, help: string, bounds: readonly number[]) {
    this.#name = name;
    this.#help = help;
    this.#bounds = bounds;
  }

  /** Shows these labels although nothing was observed with them yet. */
  expect(labels: Readonly<Record<Label, string>>): void {
    this.#of(labels);
  }

  observe(labels: Readonly<Record<Label, string>>, durationMs: number): void {
    // A clock that was set back is no negative duration.
    const seconds = Math.max(0, durationMs) / 1_000;
    const counts = this.#of(labels);
    const index = this.#bounds.findIndex((bound) => seconds <= bound);
    const bucket = index < 0 ? this.#bounds.length : index;
    counts.buckets[bucket] = (counts.buckets[bucket] ?? 0) + 1;
    counts.sum += seconds;
  }

  family(): Family {
    const samples = [...this.#counts].flatMap(([key, counts]) => this.#samples(key, counts));
    return { name: this.#name, type: "histogram", unit: "seconds", help: this.#help, samples };
  }

  #of(labels: Readonly<Record<Label, string>>): Counts {
    const key = labelled(labels);
    const known = this.#counts.get(key);
    if (known !== undefined) return known;
    const counts = { labels, buckets: [...this.#bounds, 0].map(() => 0), sum: 0 };
    this.#counts.set(key, counts);
    return counts;
  }

  #samples(key: string, { labels, buckets, sum }: Counts & { readonly labels: object }): string[] {
    let count = 0;
    const lines = buckets.map((own, index) => {
      count += own;
      const bound = this.#bounds[index];
      const le = bound === undefined ? "+Inf" : canonical(bound);
      return `${this.#name}_bucket${labelled({ ...labels, le })} ${count}`;
    });
    return [...lines, `${this.#name}_sum${key} ${sum}`, `${this.#name}_count${key} ${count}`];
  }
}

/** The same text in both forms, as OpenMetrics has it: a bound is a float and shows it. */
function canonical(bound: number): string {
  return Number.isInteger(bound) ? `${bound}.0` : String(bound);
}
