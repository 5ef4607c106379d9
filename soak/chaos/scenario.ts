import type { Dice } from "../../packages/belfry/src/testing/dice.ts";
import type { SoakServer } from "../postgres-server.ts";

/** How a scenario is played: at full length, or in its short form. */
export interface Setting {
  /** Of its own, empty. */
  readonly folder: string;
  /** That others use too, for whoever does it no harm. */
  readonly server: SoakServer;
  readonly durationMs: number;
  readonly leaseMs: number;
  readonly nodes: number;
  /** Occurrences a second. */
  readonly rate: number;
  /** What a machine that is busy with other things may add to what is measured. */
  readonly slackMs: number;
  readonly dice: Dice;
  readonly tell: (line: string) => void;
}

export interface Played {
  /** What was seen, for people. */
  readonly figures: Readonly<Record<string, string | number>>;
  /** None is what a scenario is played for. */
  readonly wrong: readonly string[];
}

export interface Scenario {
  readonly name: string;
  /** What goes wrong in it, in one line. */
  readonly words: string;
  /** How many, unless somebody wishes otherwise. */
  readonly nodes: number;
  /** How long it is played in the test suite. */
  readonly shortMs: number;
  play(setting: Setting): Promise<Played>;
}

/** Of values in order. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Of values in order: `p50 / p99 / max`. */
export function spread(sorted: readonly number[]): string {
  const [half, most, all] = [0.5, 0.99, 1].map((share) => Math.round(quantile(sorted, share)));
  return `${half} / ${most} / ${all} ms (p50 / p99 / max of ${sorted.length})`;
}
