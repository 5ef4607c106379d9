import { put, type Value, type Work } from "./work.ts";

// What one writer at a time needs no lock for. Everywhere in this order: node, schedules, gates,
// runs, tasks, what is to be told; and of several of a kind by id. What a lock protects is read after
// it is held.

/**
 * Holds the rows that are selected to the end of the transaction. An engine with one writer at a
 * time skips it.
 * @param sql a select that ends in `for update`.
 */
function lock(sql: `${string} for update`, ...values: readonly Value[]): Work<void> {
  return put(sql, ...values);
}

/** Who takes or frees a slot holds the gate's row, so that what it counts stays as it is. */
export function lockGate(gate: string): Work<void> {
  return lock("select 1 from gate where id = ? for update", gate);
}

/** The same for several, by id, so that no two who hold some of them wait for each other. */
export function lockGates(gates: readonly string[]): Work<void> {
  return lock("select 1 from gate where id = any(?) order by id for update", gates);
}

/** The gates of a task: what waits of it is taken back or held, and what is free is granted anew. */
export function lockGatesOf(task: string): Work<void> {
  return lock("select 1 from gate where task = ? order by id for update", task);
}

/** Of each task at most one incident is open: who looks whether one is, looks alone. */
export function lockTasks(tasks: readonly string[]): Work<void> {
  return lock("select 1 from task where name = any(?) order by name for update", tasks);
}

/** Of what is held one by one, in the order of everything that is held: by id. */
export function inOrderOfRuns<T extends { readonly run: string }>(of: Iterable<T>): readonly T[] {
  return [...of].sort((a, b) => (a.run < b.run ? -1 : 1));
}

/** Keeps an attempt's run where it is while something is written under its fence. */
export function lockRunning(run: string, fence: number): Work<void> {
  return lock("select 1 from running where id = ? and fence = ? for update", run, fence);
}
