import type { Definition } from "../../../core/definition.ts";
import type { Attempt } from "../../../core/run.ts";
import type { RunImage } from "../commits.ts";
import type { DueOracle } from "../due-oracle.ts";
import type { Effects } from "../effects.ts";
import type { Gauges } from "../gauges.ts";
import type { History } from "../history.ts";

/** What a check may know beside the commit: the world as it really is, and the store's copy. */
export interface Facts {
  /** The store as it was left by all commits so far, this one included. */
  readonly history: History;
  readonly oracle: DueOracle;
  /** What tasks really did. */
  readonly effects: Effects;
  readonly gauges: Gauges;
  /** True virtual time. */
  readonly now: () => number;
  /** How long what is over is kept, ms. */
  readonly retentionMs: number;
  /** How far the clocks of two processes can be apart, ms. */
  readonly skewMs: () => number;
  readonly definition: (hash: string) => Definition;
  /** The process that a node lives in. */
  readonly processOf: (node: string) => string | null;
  /** Whether the process behind a node is really gone. */
  readonly gone: (node: string) => boolean;
  /** The tasks that a node has code for. */
  readonly codeOf: (node: string) => ReadonlySet<string>;
}

export function attemptsOf(run: RunImage): readonly Attempt[] {
  return JSON.parse(`[${run.attempts}]`);
}

export function holdsSlot(run: RunImage | null): boolean {
  if (run === null || run.gate === null) return false;
  return run.table === "running" || (run.table === "pending" && run.slot === 1);
}

export function waitsForSlot(run: RunImage | null): boolean {
  return run !== null && run.table === "pending" && run.gate !== null && run.parked === "gate";
}
