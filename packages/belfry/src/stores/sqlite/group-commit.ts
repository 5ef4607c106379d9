import type { Args, Verb } from "../face.ts";
import { READS } from "../sql/verbs.ts";
import type { Database } from "./database.ts";
import { performAlone, performVerb, type Result } from "./verbs.ts";

/** One call of a verb. */
export interface VerbCall<V extends Verb = Verb> {
  readonly verb: V;
  readonly args: Args<V>;
}

/**
 * Does calls that arrived together under one commit, each in a savepoint of its own: what fails is
 * undone alone, and nobody is answered before all of it is durable. Reads before the first write
 * take no lock; those after it see what it wrote.
 */
export function performTogether(
  db: Database,
  calls: readonly VerbCall[],
): readonly Result<unknown>[] {
  const firstWrite = calls.findIndex((call) => !READS.has(call.verb));
  const reads = firstWrite === -1 ? calls : calls.slice(0, firstWrite);
  const results: Result<unknown>[] = reads.map((call) => readAlone(db, call));
  if (firstWrite !== -1) results.push(...commit(db, calls.slice(firstWrite)));
  return results;
}

function readAlone(db: Database, call: VerbCall): Result<unknown> {
  try {
    return { answer: performAlone(db, call.verb, call.args) };
  } catch (error) {
    return { error };
  }
}

function commit(db: Database, calls: readonly VerbCall[]): readonly Result<unknown>[] {
  try {
    return db.write(() => calls.map((call) => performVerb(db, call.verb, call.args)));
  } catch (error) {
    return calls.map(() => ({ error }));
  }
}
