import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { DIALECT_NAMES, parse } from "../../packages/schedule/src/index.ts";
import { ROOT } from "../pages.fixture.ts";

/** The tables of docs/schedules/lint.md say what is found. */
const text = readFileSync(join(ROOT, "docs/schedules/lint.md"), "utf8");
const rows = text
  .split("\n")
  .map((line) => line.split("|").map((cell) => cell.trim().replaceAll("`", "")))
  .filter((cells) => cells.length === 7 && /^[a-z]+(-[a-z]+)*$/.test(cells[1] ?? ""))
  .filter(([, code]) => code !== "code");
const NOW = Date.UTC(2026, 0, 1);

describe("the page of findings", () => {
  for (const [, code = "", name, expression = "", zone = "", instead = ""] of rows) {
    it(`is right about ${code} in ${expression} (${name})`, () => {
      const dialect = DIALECT_NAMES.find((known) => known === name);
      assert.ok(dialect !== undefined, `there is no dialect ${name}`);
      const options = { dialect, timeZone: zone || "UTC", anchor: "2026-01-01T09:00" };
      const found = parse(expression, options).lint(NOW);
      const finding = found.find((each) => each.code === code);
      assert.ok(finding !== undefined, `it has ${found.map((each) => each.code).join()}`);
      assert.equal(finding.fix ?? "", instead);
      if (finding.fix !== null) assert.deepEqual(parse(finding.fix, options).lint(NOW), []);
    });
  }

  it("has every code that there is", () => {
    const paths = globSync(join(ROOT, "packages/schedule/src/**/*.ts"));
    const source = paths
      .filter((path) => !path.endsWith(".test.ts"))
      .map((path) => readFileSync(path, "utf8"))
      .join("\n");
    const given = [...source.matchAll(/\bfinding\(\s*"([a-z-]+)"/g)].map(([, code = ""]) => code);
    const codes = new Set([...given, "every-minute", "every-second"]);
    assert.ok(codes.size > 15, `found only ${[...codes].join()}`);
    const missing = [...codes].filter(
      (code) => !text.includes(`\`${code}\`:`) && !text.includes(`\`${code}\` and`),
    );
    assert.deepEqual(missing, []);
  });
});
