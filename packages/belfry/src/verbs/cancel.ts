import { BelfryError } from "../core/errors.ts";
import type { RunRow } from "../records.ts";
import type { VerbContext } from "./context.ts";
import { findRun } from "./find.ts";

/**
 * Ends a waiting run at once, or asks a running one to end: what really ends first wins.
 *
 * @throws BelfryError `ended` where the run has ended already, and as `findRun`.
 */
export async function cancel(
  context: VerbContext,
  reference: string,
): Promise<{ run: RunRow; answer: "cancelled" | "asked" }> {
  const found = await findRun(context, reference);
  const cancelled = await context.store.cancel(found.id, context.clock.now(), context.by);
  if (cancelled.answer === "ended" || cancelled.answer === "no-run") {
    const state = cancelled.answer === "ended" ? cancelled.state : "gone";
    const message = `Run ${found.id} has ended already: ${state}.`;
    throw new BelfryError("conflict", "ended", message, `belfry show ${found.id}`);
  }
  const run = (await context.store.run(found.id)) ?? found;
  return { run, answer: cancelled.answer };
}
