import type { Effect } from "../effects.ts";
import type { Facts } from "./facts.ts";
import { demand } from "./violation.ts";

/** I10, I11, I14, I16: what a task's code may see of its own starts. */
export function checkStart(start: Effect, earlier: readonly Effect[], facts: Facts): void {
  const { run, fence, node } = start;
  const row = facts.history.run(run);
  demand(row !== null, "I11 starts", () => `run ${run} started and is not in the store`);
  demand(
    !facts.effects.isClosed(run),
    "I11 starts",
    () => `run ${run} started under ${fence} although it had ended long before`,
  );
  const { policies } = facts.definition(row.definition);
  demand(
    policies.delivery === "at-least-once" || earlier.length === 0,
    "I10 at most once",
    () => `run ${run} of ${row.task} started a second time, under fence ${fence}`,
  );
  demand(
    facts.codeOf(node).has(row.task),
    "I14 capability",
    () => `node ${node} ran ${run} of ${row.task}, whose code it lacks`,
  );
  demand(
    row.payload === start.payload,
    "I16 snapshot",
    () => `run ${run} has payload ${row.payload} and started with ${start.payload}`,
  );
  checkOwner(start, facts);
  for (const former of earlier) {
    demand(
      former.fence !== fence,
      "I6 one start a fence",
      () => `run ${run} started twice under fence ${fence}`,
    );
    if (former.endedAt === null) checkOverlap(start, former, facts);
  }
}

/** What others may have by now is not started, however long the answer to the claim was on its way. */
function checkOwner({ run, fence, node }: Effect, facts: Facts): void {
  const row = facts.history.run(run);
  if (row?.table === "running" && row.fence === fence) return;
  const { leaseUntil = 0 } = facts.history.tables.node.get(node) ?? {};
  demand(
    leaseUntil >= facts.now() - facts.skewMs(),
    "S19 late start",
    () => `node ${node} started ${run} under ${fence}, which is not its own since long`,
  );
}

/** Two attempts at once only where the former's node was cut off for longer than its lease. */
function checkOverlap(start: Effect, former: Effect, facts: Facts): void {
  const node = facts.history.tables.node.get(former.node);
  facts.gauges.hit("two attempts at once after a lost lease");
  const ended =
    node !== undefined && node.state !== "alive" && node.leaseUntil < facts.now() + facts.skewMs();
  demand(
    ended,
    "I11 overlap",
    () =>
      `run ${start.run} started on ${start.node} while it still ran on ${former.node}: ` +
      JSON.stringify(node),
  );
}
