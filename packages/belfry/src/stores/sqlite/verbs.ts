import { BelfryError } from "../../core/errors.ts";
import type { Answer, Args, Verb } from "../face.ts";
import { mark } from "../sql/mark.ts";
import { join } from "../sql/nodes.ts";
import { singlesOf } from "../sql/singles.ts";
import { READS, type Works, worksOf } from "../sql/verbs.ts";
import type { Work } from "../sql/work.ts";
import { type Database, explain } from "./database.ts";
import { perform } from "./drive.ts";
import { SQLITE_HOT } from "./hot.ts";
import { isOlder, readSideMark } from "./side-mark.ts";

const works = new WeakMap<Database, Works>();

/** The file beside the store remembers how far it had come, should it be an older copy now. */
function worksFor(db: Database): Works {
  const known = works.get(db);
  if (known !== undefined) return known;
  const made = worksOf(SQLITE_HOT, function* joinHere(node, now) {
    const before = readSideMark(db.path);
    const isBehind = isOlder(yield* mark(SQLITE_HOT), before);
    return yield* join(SQLITE_HOT, node, isBehind ? before : null, now);
  });
  works.set(db, made);
  return made;
}

/** What a call came to. Errors are values here, since one call must not end the others of a commit. */
export type Result<T> = { readonly answer: T } | { readonly error: unknown };

/**
 * Does one verb in a savepoint. A batch of plans, triggers or settlements that fails as a whole is
 * done again one by one, so that one bad row never stops the others: the good ones are kept, and
 * the call fails with the error of the whole. Asked again, the good ones answer as done.
 */
export function performVerb<V extends Verb>(
  db: Database,
  verb: V,
  args: Args<V>,
): Result<Answer<V>> {
  try {
    return { answer: db.savepoint(() => apply(db, verb, args)) };
  } catch (error) {
    const known = explain(db.path, error);
    if (!(known instanceof BelfryError && known.kind === "unavailable")) salvage(db, verb, args);
    return { error: known };
  }
}

function apply<V extends Verb>(db: Database, verb: V, args: Args<V>): Answer<V> {
  const work: (...args: Args<V>) => Work<Answer<V>> = worksFor(db)[verb];
  return perform(db, work(...args));
}

function salvage<V extends Verb>(db: Database, verb: V, args: Args<V>): void {
  for (const single of singlesOf(verb, args)) {
    try {
      db.savepoint(() => apply(db, verb, single));
    } catch {
      // The caller learns of it by the error of the whole.
    }
  }
}

/** Does a call with a transaction of its own. */
export function performAlone<V extends Verb>(db: Database, verb: V, args: Args<V>): Answer<V> {
  if (READS.has(verb)) return db.read(() => db.savepoint(() => apply(db, verb, args)));
  const result = db.write(() => performVerb(db, verb, args));
  if ("error" in result) throw result.error;
  return result.answer;
}
