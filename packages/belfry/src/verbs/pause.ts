import { BelfryError } from "../core/errors.ts";
import { accountUpTo } from "../engine/account.ts";
import { Catalogue } from "../engine/catalogue.ts";
import type { RunRow, TaskRow } from "../records.ts";
import type { VerbContext } from "./context.ts";
import { findTask } from "./find.ts";

/**
 * Pauses a task from now on: nothing of it starts, what falls due becomes a gap `paused`, and no
 * deploy undoes it. What was due before is accounted for first, by the rule that was in force.
 *
 * @param now when it begins: the instant that `untilAt` was counted from, so that two hours are two.
 */
export async function pause(
  context: VerbContext,
  name: string,
  options: { readonly untilAt: number | null; readonly reason: string | null },
  now: number = context.clock.now(),
): Promise<TaskRow> {
  const { store, by } = context;
  const task = await findTask(context, name);
  if (options.untilAt !== null && options.untilAt <= now) {
    const message = "The pause would end before it began.";
    throw new BelfryError("usage", "bad-until", message, "Give --until an instant to come.");
  }
  await account(context, task.name, now);
  await store.pause(task.name, { ...options, by }, now);
  return await findTask(context, name);
}

/**
 * Lifts a pause. What came due meanwhile stays a gap and starts nothing; what was held waits
 * again, and is what resuming starts.
 */
export async function resume(
  context: VerbContext,
  name: string,
): Promise<{ task: TaskRow; held: readonly RunRow[] }> {
  const { store, clock, by } = context;
  const before = await findTask(context, name);
  const now = clock.now();
  await account(context, before.name, now);
  const waiting = await store.runs({ task: before.name, state: "pending", limit: 100 });
  const held = waiting.filter((run) => run.parked === "paused");
  if ((await store.resume(before.name, now, by)) === "not-paused") {
    throw new BelfryError("conflict", "not-paused", `The task ${name} is not paused.`);
  }
  return { task: await findTask(context, name), held };
}

async function account(context: VerbContext, task: string, now: number): Promise<void> {
  const { store, retentionMs } = context;
  const catalogue = new Catalogue(store, [], []);
  await accountUpTo([task], { store, catalogue, retentionMs, attendance: "tick" }, now);
}
