import { BelfryError } from "../core/errors.ts";
import { Catalogue } from "../engine/catalogue.ts";
import { accountUpTo } from "../engine/releases.ts";
import type { RuntimeSchedule } from "../store.ts";
import type { VerbContext } from "./context.ts";
import { findTask } from "./find.ts";

/**
 * Makes or replaces a schedule at run time. What the old one owed is accounted for first, by its
 * own rule; the new one counts from now.
 *
 * @throws BelfryError `unknown-task`, or `owned` where the schedule is declared in code.
 */
export async function setSchedule(context: VerbContext, schedule: RuntimeSchedule): Promise<void> {
  const { store, clock, by } = context;
  const { task, key } = schedule;
  const answer = await accounted(context, task, () => store.setSchedule(schedule, clock.now(), by));
  if (answer === "no-task") await findTask(context, task);
  if (answer !== "owned") return;
  const message = `The schedule ${key} of ${task} is declared in code.`;
  throw new BelfryError("conflict", "owned", message, "Use another key, or change the code.");
}

/** @returns whether there was a schedule made at run time under this key. */
export async function removeSchedule(
  context: VerbContext,
  task: string,
  key: string,
): Promise<boolean> {
  const { store, clock, by } = context;
  const remove = () => store.removeSchedule(task, key, clock.now(), by);
  return (await accounted(context, task, remove)) === "removed";
}

/** Time goes on while it is accounted for: another occurrence may have come due meanwhile. */
async function accounted<Answer extends string>(
  { store, clock, retentionMs }: VerbContext,
  task: string,
  change: () => Promise<Answer | "owed">,
): Promise<Answer> {
  const catalogue = new Catalogue(store, [], []);
  for (;;) {
    const answer = await change();
    if (answer !== "owed") return answer;
    await accountUpTo([task], { store, catalogue, retentionMs }, clock.now());
  }
}
