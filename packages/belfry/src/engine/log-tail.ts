import type { LogLine, Logs } from "../log.ts";
import type { Store } from "../store.ts";

const LINES = 20;
const LINE_LENGTH_MAX = 400;
const PAGE = 1_000;
/** A longer log is read no further: an alert must not wait for it. */
const PAGES_MAX = 50;

/** The last lines that a run's last attempt printed; none where they cannot be had. */
export async function tailOf(
  run: string,
  { store, logs }: { readonly store: Store; readonly logs: Logs },
): Promise<readonly string[]> {
  try {
    return await readTail(run, store, logs);
  } catch {
    return [];
  }
}

async function readTail(id: string, store: Store, logs: Logs): Promise<readonly string[]> {
  const run = await store.run(id);
  const attempt = run?.attempts.at(-1)?.number;
  if (run === null || attempt === undefined) return [];
  const { dueAt: fromAt, endedAt: untilAt } = run;
  let tail: readonly LogLine[] = [];
  let after: string | null = null;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const query = { run: id, fromAt, untilAt, attempt, after, limit: PAGE };
    const { lines, cursor } = await logs.read(query);
    tail = [...tail, ...lines].slice(-LINES);
    after = cursor;
    if (lines.length < PAGE) break;
  }
  return tail.map(({ text }) =>
    text.length > LINE_LENGTH_MAX ? `${text.slice(0, LINE_LENGTH_MAX)}…` : text,
  );
}
