import { every, PermanentError, task } from "belfry";
import { readRows } from "../shop/folder.ts";
import { readOrders } from "../shop/orders.ts";

/** Compares two books, and says in its report what it looked at and what it found. */
export const reconciliation = task("reconciliation", {
  description: "Compares the orders with what the bank has seen",
  owner: "finance",
  schedule: every("30m"),
  timeout: "5m",
  run(ctx) {
    const paid = readBank();
    const missing: number[] = [];
    const different: number[] = [];
    const orders = readOrders();
    for (const { id, pence } of orders) {
      const seen = paid.get(id);
      paid.delete(id);
      if (seen === undefined) missing.push(id);
      else if (seen !== pence) different.push(id);
    }
    const unknown = [...paid.keys()];
    for (const id of missing) ctx.log.warn("not paid", { order: id });
    const matched = orders.length - missing.length - different.length;
    ctx.report({
      compared: orders.length,
      matched,
      missing: missing.length,
      different: different.length,
      unknown: unknown.length,
    });
    return { missing, different, unknown };
  },
});

function readBank(): Map<number, number> {
  const rows = readRows("bank.csv");
  // Nothing will change until somebody looks at it, so trying again is of no use.
  if (rows.length === 0) throw new PermanentError("data/bank.csv is empty");
  return new Map(rows.map(([order, pence]) => [Number(order), Number(pence)]));
}
