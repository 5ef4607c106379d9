import type { History } from "../history.ts";
import { demand } from "./violation.ts";

/** A run may see so many quiets before it has ended. */
const QUIETS_MAX = 8;

/** L2, L3: whatever is made ends, in some round of the world or the next ones. */
export class PatienceCheck {
  #seen: ReadonlyMap<string, number> = new Map();

  /** To be called at the end of a quiet. */
  check({ tables }: History): void {
    const seen = new Map<string, number>();
    for (const id of [...tables.pending.keys(), ...tables.running.keys()]) {
      const quiets = (this.#seen.get(id) ?? 0) + 1;
      demand(
        quiets < QUIETS_MAX,
        "L3 everything ends",
        () =>
          `run ${id} has not ended in ${quiets} rounds: ` +
          JSON.stringify(tables.pending.get(id) ?? tables.running.get(id)),
      );
      seen.set(id, quiets);
    }
    this.#seen = seen;
  }
}
