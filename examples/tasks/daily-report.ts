import { appendFile, truncate, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { cron, task } from "belfry";
import { z } from "zod";
import { outputFile } from "../shop/folder.ts";
import { orderPages } from "../shop/orders.ts";

const PAGE_SIZE = 12;

/**
 * A report in pages, each of which takes a while. After each one the run saves how far it is, and
 * an attempt that comes after a failure or a crash goes on from there.
 *
 * REPORT_FAILS_AT=3 makes the first attempt fail at page 3.
 */
export const dailyReport = task("daily-report", {
  description: "Sales of the day, page by page, into a CSV file",
  owner: "finance",
  schedule: cron("30 6 * * *"),
  retry: { attempts: 5, wait: "2s" },
  timeout: "10m",
  checkpoint: z.object({ pages: z.int(), bytes: z.int(), orders: z.int(), pence: z.int() }),
  async run(ctx) {
    const file = outputFile(`report-${ctx.dueAt.toISOString().slice(0, 10)}.csv`);
    let { pages: done, bytes, orders, pence } = ctx.resumed ?? (await begin(file));
    // An attempt may have written more than it could note: that part is written again.
    await truncate(file, bytes);
    const pages = orderPages(PAGE_SIZE);
    for (const page of pages.slice(done)) {
      await sleep(250, null, { signal: ctx.signal });
      if (process.env["REPORT_FAILS_AT"] === String(done + 1) && ctx.run.attempt === 1) {
        throw new Error(`page ${done + 1} cannot be had (REPORT_FAILS_AT)`);
      }
      const text = page.map(({ id, item, pence }) => `${id},${item},${pence}\n`).join("");
      await appendFile(file, text);
      done += 1;
      bytes += Buffer.byteLength(text);
      orders += page.length;
      for (const order of page) pence += order.pence;
      await ctx.checkpoint({ pages: done, bytes, orders, pence });
      ctx.log.info(`wrote page ${done}`);
      ctx.progress(done, pages.length, "pages");
    }
    ctx.report({ pages: done, orders, pence });
    return { file };
  },
});

async function begin(file: string) {
  const heading = "order,item,pence\n";
  await writeFile(file, heading);
  return { pages: 0, bytes: heading.length, orders: 0, pence: 0 };
}
