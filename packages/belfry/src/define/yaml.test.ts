import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseYaml } from "./yaml.ts";

describe("YAML", () => {
  it("knows the line of every value", () => {
    const { lineOf } = parseYaml("a:\n  b:\n    - x\n    - y: 1\n8: z");
    assert.deepEqual(
      [["a"], ["a", "b"], ["a", "b", 0], ["a", "b", 1, "y"], ["8"]].map(lineOf),
      [1, 2, 3, 4, 5],
    );
  });

  it("of what is not there, gives the nearest line above it", () => {
    const { lineOf } = parseYaml("a:\n  b: 1");
    assert.deepEqual([lineOf(["a", "c"]), lineOf(["a", "b", "c"]), lineOf([])], [1, 2, 1]);
  });

  it("is an empty map where there is nothing", () => {
    assert.deepEqual(parseYaml("# nothing").value, {});
  });

  it("is refused where aliases would fill the memory", () => {
    const levels = "bcdefghi".split("").map((name, index) => {
      const above = "abcdefgh"[index];
      return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${above}`).join(", ")}]`;
    });
    const { errors } = parseYaml(["a: &a [x, x]", ...levels].join("\n"));
    assert.match(errors[0]?.message ?? "", /alias/);
  });

  it("never shows the text around a mistake", () => {
    const { errors } = parseYaml("password: hunter2: x");
    assert.doesNotMatch(JSON.stringify(errors), /hunter2/);
  });
});
