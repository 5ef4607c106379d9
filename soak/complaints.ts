const COMPLAINT = /\[(\d+)\] belfry \w+ (?:ERROR|FATAL|PANIC): {2}(.*)/g;
/** A node gives a wait up so as not to hold others. */
const GIVEN_UP = "canceling statement due to lock timeout";
/** What the same process says to all that was sent behind such a statement, before it was known. */
const BEHIND = /^(current transaction is aborted|prepared statement "\w+" does not exist)/;
const DEADLOCK = /ERROR: {2}deadlock detected\n.*DETAIL: [\s\S]*?(?=\n\d{4}-)/g;

/**
 * What a server's log complains of to nodes, and how often, but for waits that a node gave up, and
 * what was under way behind them.
 */
export function complaintsIn(log: string): readonly (readonly [what: string, times: number])[] {
  const times = new Map<string, number>();
  const givenUp = new Set<string>();
  for (const [, pid = "", what = ""] of log.matchAll(COMPLAINT)) {
    if (what === GIVEN_UP) givenUp.add(pid);
    if (what === GIVEN_UP || (givenUp.has(pid) && BEHIND.test(what))) continue;
    givenUp.delete(pid);
    const kind = what.replaceAll(/\d+/g, "N");
    times.set(kind, (times.get(kind) ?? 0) + 1);
  }
  for (const [whole] of log.matchAll(DEADLOCK)) times.set(whole.replaceAll(/\s+/g, " "), 1);
  return [...times].sort(([, a], [, b]) => b - a);
}
