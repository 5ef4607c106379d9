import type { Did, DidState } from "../core/did.ts";
import type { GapReason, Reason } from "../core/run.ts";
import { iso } from "./instant.ts";

export interface DidView {
  readonly task: string;
  readonly timeZone: string;
  readonly from: string;
  readonly until: string;
  readonly ok: boolean;
  readonly due: number;
  readonly succeeded: number;
  readonly occurrences: readonly {
    readonly dueAt: string;
    /** Key of the schedule that was due. */
    readonly schedule: string;
    readonly state: DidState;
    readonly run: string | null;
    /** Its own run, where `run` is the replay that succeeded in its place. */
    readonly replayOf: string | null;
    readonly reason: Reason | GapReason | null;
  }[];
}

/** Expected against actual, as the faces print it. */
export function didView(did: Did): DidView {
  return {
    ...did,
    from: iso(did.from),
    until: iso(did.until),
    occurrences: did.occurrences.map((occurrence) => ({
      dueAt: iso(occurrence.dueAt),
      schedule: occurrence.schedule,
      state: occurrence.state,
      run: occurrence.run,
      replayOf: occurrence.replayOf,
      reason: occurrence.reason,
    })),
  };
}
