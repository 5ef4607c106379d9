import { type Family, labelled } from "./open-metrics.ts";

/** A figure that only rises, by labels. */
export class Counter<Label extends string> {
  readonly #name: string;
  readonly #help: string;
  /** By the labels as they are written. */
  readonly #values = new Map<string, number>();

  constructor(name: string, help: string) {
    this.#name = name;
    this.#help = help;
  }

  add(labels: Readonly<Record<Label, string>>, count = 1): void {
    const key = labelled(labels);
    this.#values.set(key, (this.#values.get(key) ?? 0) + count);
  }

  family(): Family {
    const samples = [...this.#values].map(([key, value]) => `${this.#name}_total${key} ${value}`);
    return { name: this.#name, type: "counter", unit: null, help: this.#help, samples };
  }
}
