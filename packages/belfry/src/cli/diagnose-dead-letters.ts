import { runReference, shortId } from "../core/run-reference.ts";
import type { RunRow } from "../records.ts";
import { type Diagnosis, doubtful } from "./diagnosis.ts";
import { relativeWords } from "./terminal/time-words.ts";
import { counted } from "./words.ts";

/** Failed runs that nobody has replayed: their work was not done, and it is for somebody to decide. */
export function diagnoseDeadLetters(
  count: number,
  newest: RunRow | undefined,
  now: number,
): Diagnosis[] {
  if (newest === undefined) return [];
  const { task, id, dueAt, error } = newest;
  const what = `${counted(count, "failed run was", "failed runs were")} never replayed`;
  const which = `${count === 1 ? "it is" : "the newest is"} ${runReference(newest)} of ${task}, due ${relativeWords(dueAt, now)}`;
  const why = error === null ? "" : `: ${error.message.split("\n", 1)[0]}`;
  const remedy = `belfry runs --unresolved lists them, belfry logs ${shortId(id)} tells more; belfry replay ${shortId(id)} does it again. Those left go with \`retention\`.`;
  return [doubtful("dead letters", `${what}, ${which}${why}.`, remedy)];
}
