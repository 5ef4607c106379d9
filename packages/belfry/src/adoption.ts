import type { Definition, Release, ReleasedTask } from "./core/definition.ts";
import type { IncidentStep } from "./store.ts";

export interface Drift {
  readonly source: string;
  /** Hash in force, or null. */
  readonly from: string | null;
  /** The release to switch to. */
  readonly release: Release;
}

export interface Adoption {
  readonly release: Release;
  readonly from: string | null;
  readonly tasks: readonly AdoptedTask[];
  /**
   * Schedules, by id, that nobody can plan: what a changed or removed one owes is given up, as a gap
   * `edited` of the one occurrence that is known; one that stays goes on owing it.
   */
  readonly forfeits?: readonly string[];
}

export interface AdoptedTask extends ReleasedTask {
  readonly body: Definition;
  /** Per schedule of the body, in its order: the first occurrence after now, or null. */
  readonly nextAt: readonly (number | null)[];
}

export interface Adopted {
  /** `stale`: the source was switched by somebody else meanwhile. */
  readonly answer: "adopted" | "stale";
  readonly steps: readonly IncidentStep[];
  /** Tasks not taken because another source has one of that name. */
  readonly refused: readonly { readonly task: string; readonly source: string }[];
}
