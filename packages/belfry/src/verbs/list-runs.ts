import type { RunFilter, RunRow } from "../records.ts";
import type { VerbContext } from "./context.ts";

const PAGE = 200;

/**
 * Runs newest first by due instant, read page by page as they are asked for. However runs change
 * meanwhile, each comes at most once, as it was when its page was read.
 *
 * @param filter `limit`: how many at most; Infinity for all.
 */
export async function* listRuns(
  { store }: Pick<VerbContext, "store">,
  filter: RunFilter,
): AsyncGenerator<RunRow> {
  let { until, limit: left } = filter;
  /** What was given of the instant that the last page ended on, the newest that may come again. */
  const given = new Set<string>();
  while (left > 0) {
    // Were all of `given` in the page, it would still have room for as many new ones.
    const limit = Math.min(PAGE, left) + given.size;
    const page = await store.runs({ ...filter, until, limit });
    const fresh = page.filter(({ id }) => !given.has(id)).slice(0, left);
    yield* fresh;
    left -= fresh.length;
    const last = page.at(-1);
    if (page.length < limit || last === undefined) return;
    // A run that left the filter, and with it this page, may come back to both: it stays given.
    if (until !== last.dueAt + 1) given.clear();
    until = last.dueAt + 1;
    for (const { id, dueAt } of page) if (dueAt === last.dueAt) given.add(id);
  }
}
