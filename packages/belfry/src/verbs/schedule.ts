import { BelfryError } from "../core/errors.ts";
import { scheduleId } from "../core/identity.ts";
import { accountUpTo } from "../engine/account.ts";
import { Catalogue } from "../engine/catalogue.ts";
import type { Owing, RuntimeSchedule } from "../store.ts";
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
  const answer = await accounted(context, task, key, (owing) =>
    store.setSchedule(schedule, clock.now(), by, owing),
  );
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
  const remove = (owing: Owing) => store.removeSchedule(task, key, clock.now(), by, owing);
  return (await accounted(context, task, key, remove)) === "removed";
}

/**
 * Time goes on while it is accounted for: another occurrence may have come due meanwhile. What nobody
 * can plan is given up by the change, which may be what mends it.
 */
async function accounted<Answer extends string>(
  { store, clock, retentionMs }: VerbContext,
  task: string,
  key: string,
  change: (owing: Owing) => Promise<Answer | "owed">,
): Promise<Answer> {
  const terms = {
    catalogue: new Catalogue(store, [], []),
    retentionMs,
    attendance: "tick",
  } as const;
  let owing: Owing = "refuse";
  for (;;) {
    const answer = await change(owing);
    if (answer !== "owed") return answer;
    const unplannable = await accountUpTo([task], { store, ...terms }, clock.now());
    if (unplannable.includes(scheduleId(task, key))) owing = "forfeit";
  }
}
