import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { withLastGood } from "./last-good.ts";
import { loaded } from "./project.fixture.ts";

const GOOD = {
  "tasks/a.yaml": "tasks:\n  a1: { shell: ls }\n  a2: { shell: ls }",
  "tasks/b.yaml": "tasks:\n  b: { shell: ls }",
};

describe("what was good before", () => {
  async function after(files: Readonly<Record<string, string>>) {
    const before = { ...(await loaded(GOOD)), problems: [] };
    const now = { ...(await loaded({ ...GOOD, ...files })), problems: [] };
    const { tasks, unread } = withLastGood(now, before);
    return { tasks: tasks.map(({ definition }) => definition.task), unread };
  }

  it("goes on where its file, or its declaration, is broken", async () => {
    const all = { tasks: ["a1", "a2", "b"], unread: [] };
    assert.deepEqual(await after({ "tasks/a.yaml": "tasks: [" }), all);
    assert.deepEqual(await after({ "tasks/b.yaml": "tasks:\n  b: { shell: 5 }" }), all);
  });

  it("is gone where it was taken out", async () => {
    const { tasks } = await after({ "tasks/a.yaml": "tasks:\n  a1: { shell: ls }" });
    assert.deepEqual(tasks, ["a1", "b"]);
  });

  it("says what else could not be read", async () => {
    const { tasks, unread } = await after({ "tasks/c.yaml": "tasks: [" });
    assert.deepEqual([tasks, unread], [["a1", "a2", "b"], ["tasks/c.yaml"]]);
  });
});
