import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { policyWords } from "./policy-words.ts";
import { loaded } from "./project.fixture.ts";

async function wordsOf(yaml: string): Promise<string[]> {
  const { tasks, problems } = await loaded({ "tasks/a.yaml": `tasks: { a: { ${yaml} } }` });
  assert.deepEqual(problems, []);
  return tasks.flatMap(({ definition }) => policyWords(definition));
}

describe("policies in words", () => {
  it("are short sentences", async () => {
    assert.deepEqual(await wordsOf("command: [ls], schedule: every 6h, retry: 3"), [
      "Catch-up: of what was missed, the latest occurrence runs.",
      "Start: late at most until the next occurrence.",
      "Concurrency: 1 run at a time.",
      "Overlap: what comes due meanwhile is skipped; triggers by hand wait.",
      "Retries: up to 3 attempts, 10 s to 15 min apart, with jitter.",
      "Timeout: none.",
      "Deadline: none.",
      "Delivery: at least once; a run whose node is lost runs again.",
    ]);
    const other =
      "command: [ls], schedule: every 6h, catchUp: all, startWithin: 90m, overlap: queue, " +
      "concurrency: { limit: 2, by: customer }, delivery: at-most-once, timeout: 1d, deadline: 2w";
    assert.deepEqual(await wordsOf(other), [
      "Catch-up: all that was missed runs, the newest 1,000 at most.",
      "Start: at most 1 h 30 min late.",
      "Concurrency: up to 2 runs at a time for each customer.",
      "Overlap: what comes due meanwhile waits.",
      "Retries: none.",
      "Timeout: an attempt is ended after 1 d.",
      "Deadline: 14 d after a run is due, waits included.",
      "Delivery: at most once; a run whose node is lost fails.",
    ]);
  });

  it("leave out what cannot matter", async () => {
    const words = await wordsOf("command: [ls], concurrency: unlimited");
    assert.deepEqual(words.slice(0, 2), ["Concurrency: unlimited.", "Retries: none."]);
  });
});
