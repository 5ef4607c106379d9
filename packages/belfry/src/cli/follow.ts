import { type Attempt, isFinal } from "../core/run.ts";
import type { LogLine } from "../log.ts";
import type { RunRow } from "../records.ts";
import type { VerbContext } from "../verbs/context.ts";
import { wait } from "./io.ts";

const PAGE = 1_000;
/** How often a run is looked at while it is followed, ms. */
const LOOK_EVERY_MS = 150;
/** Output may arrive in the logs a little later than the end of its run in the store, ms. */
const LAST_LINES_MS = 300;
/** Where an attempt is known to have said something and none of it has come, this is waited, ms. */
const FIRST_LINES_MS = 3_000;

export interface Followed {
  readonly lines: readonly LogLine[];
  /** The run as it is after these lines. */
  readonly run: RunRow;
}

/**
 * What a run said and says, page by page, until it has ended. Gives an empty page now and then.
 *
 * @param attempt of one attempt only; null: of all.
 */
export async function* follow(
  context: VerbContext,
  found: RunRow,
  attempt: number | null,
): AsyncGenerator<Followed> {
  const { store, clock } = context;
  let run = found;
  let cursor: string | null = null;
  const heard = new Set<number>();
  const isSilent = ({ number, logBytes, logBytesDropped }: Attempt): boolean =>
    (attempt === null || attempt === number) && logBytes > logBytesDropped && !heard.has(number);
  // A run that had ended before has all its lines in the logs, or they are kept no longer.
  let leftMs = isFinal(run.state) ? 0 : FIRST_LINES_MS;
  for (;;) {
    const page = await pageOf(context, run, attempt, cursor);
    cursor = page.cursor;
    yield { lines: page.lines, run };
    for (const line of page.lines) heard.add(line.attempt);
    if (page.lines.length === PAGE) continue;
    if (leftMs <= 0) return;
    const ended = isFinal(run.state);
    await wait(clock, ended ? LAST_LINES_MS : LOOK_EVERY_MS);
    if (ended) leftMs = run.attempts.some(isSilent) ? leftMs - LAST_LINES_MS : 0;
    run = (await store.run(run.id)) ?? run;
  }
}

/** What a run has said so far, page by page. */
export async function* readLog(
  context: VerbContext,
  run: RunRow,
  attempt: number | null,
): AsyncGenerator<readonly LogLine[]> {
  let cursor: string | null = null;
  for (;;) {
    const page = await pageOf(context, run, attempt, cursor);
    cursor = page.cursor;
    yield page.lines;
    if (page.lines.length < PAGE) return;
  }
}

function pageOf(
  { logs }: VerbContext,
  run: RunRow,
  attempt: number | null,
  after: string | null,
): ReturnType<VerbContext["logs"]["read"]> {
  return logs.read({
    run: run.id,
    fromAt: Math.min(run.dueAt, run.createdAt),
    untilAt: run.endedAt,
    attempt,
    after,
    limit: PAGE,
  });
}
