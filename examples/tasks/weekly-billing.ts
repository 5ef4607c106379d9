import { setTimeout as sleep } from "node:timers/promises";
import { cron, task } from "belfry";
import { owedByCustomer } from "../shop/orders.ts";
import { charge } from "../shop/payments.ts";

/**
 * One charge for each customer. `once` remembers those that were made, so an attempt that comes
 * after a crash goes on with the others. The single one that may have been under way is asked for
 * again, under the same idempotency key, and the provider charges it no second time.
 */
export const weeklyBilling = task("weekly-billing", {
  description: "Charges each customer for the orders of the week",
  owner: "finance",
  severity: "high",
  runbook: "https://wiki.example.org/billing",
  schedule: cron("0 7 * * 1"),
  startWithin: "2d",
  retry: { attempts: 5, wait: "30s" },
  async run(ctx) {
    const owed = owedByCustomer();
    let charged = 0;
    let pence = 0;
    for (const [customer, amount] of owed) {
      await ctx.once(`customer ${customer}`, async () => {
        await sleep(100, null, { signal: ctx.signal });
        return charge(customer, amount, `${ctx.idempotencyKey}/${customer}`);
      });
      charged += 1;
      pence += amount;
      ctx.progress(charged, owed.size, "customers");
    }
    ctx.report({ charged, pence });
  },
});
