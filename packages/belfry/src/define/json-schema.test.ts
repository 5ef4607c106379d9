import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { z } from "zod";
import { configSchema } from "./config-schema.ts";
import { yamlSchema } from "./json-schema.ts";
import { taskSchema } from "./task-schema.ts";
import { parseYaml } from "./yaml.ts";

const ROOT = join(import.meta.dirname, "../../../..");
const FILE = join(ROOT, "packages/belfry/belfry.schema.json");
const schema = yamlSchema();
const editor = z.fromJSONSchema(schema);

/** All keys that one may write, by path, with what is said of them. */
function keysOf(
  node: unknown,
  path: readonly string[] = [],
): { readonly path: string; readonly words: unknown }[] {
  if (typeof node !== "object" || node === null) return [];
  if (Array.isArray(node)) return node.flatMap((item: unknown) => keysOf(item, path));
  return Object.entries(node).flatMap(([name, value]: [string, unknown]) => {
    if (name !== "properties" || typeof value !== "object" || value === null) {
      return keysOf(value, path);
    }
    return Object.entries(value).flatMap(([key, member]: [string, unknown]) => {
      const words: unknown =
        typeof member === "object" && member !== null ? Reflect.get(member, "description") : null;
      const at = [...path, key];
      return [{ path: at.join("."), words }, ...keysOf(member, at)];
    });
  });
}

describe("the schema for editors", () => {
  it("is the one that the package brings along (`npm run schema` writes it anew)", () => {
    assert.deepEqual(JSON.parse(readFileSync(FILE, "utf8")), JSON.parse(JSON.stringify(schema)));
  });

  it("says of every key what it is for", () => {
    const silent = keysOf(schema).filter(({ words }) => typeof words !== "string");
    const paths = silent.map(({ path }) => path);
    assert.deepEqual(paths, [], "give them words in key-words.ts, or .describe() the key");
  });

  it("has every key that loading knows and YAML can write, and no other", () => {
    const paths = new Set(keysOf(schema).map(({ path }) => path));
    const known = (of: z.ZodType, prefix: string): string[] => {
      const keys = Object.keys(
        z.toJSONSchema(of, { unrepresentable: "any", io: "input" }).properties ?? {},
      );
      return keys.map((key) => `${prefix}${key}`);
    };
    const expected = [...known(configSchema, ""), ...known(taskSchema, "tasks.")];
    const codeOnly = ["tasks.payload", "tasks.checkpoint", "tasks.run"];
    assert.deepEqual(
      expected.filter((path) => !paths.has(path)),
      codeOnly,
    );
    for (const path of codeOnly) assert.ok(!paths.has(path), path);
  });

  it("takes all YAML of the documentation", () => {
    const pages = globSync(["*.md", "docs/*.md"], { cwd: ROOT });
    const texts = pages.flatMap((page) =>
      [...readFileSync(join(ROOT, page), "utf8").matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(
        ([, text = ""]) => text,
      ),
    );
    assert.ok(texts.length > 5);
    for (const text of texts) {
      const { error } = editor.safeParse(parseYaml(text).value);
      assert.equal(error, undefined, `${text}\n${error}`);
    }
  });

  const MISTAKES: readonly (readonly [what: string, yaml: string])[] = [
    ["an unknown key", "tasks: { a: { shell: ls, retri: 3 } }"],
    ["an unknown key of the configuration", "stores: x"],
    ["a bare number for a duration", "tasks: { a: { shell: ls, timeout: 90 } }"],
    ["a duration without its unit", 'tasks: { a: { shell: ls, timeout: "90" } }'],
    ["a word that is none of the few", "tasks: { a: { shell: ls, overlap: wait } }"],
    ["a name that is none", "tasks: { 'a b': { shell: ls } }"],
    ["no attempt at all", "tasks: { a: { shell: ls, retry: 0 } }"],
    ["a schedule of no known form", "tasks: { a: { shell: ls, schedule: { crom: x } } }"],
    ["a number among arguments", "tasks: { a: { command: [sleep, 5] } }"],
    ["a function's option", "tasks: { a: { shell: ls, checkpoint: x } }"],
  ];
  for (const [what, yaml] of MISTAKES) {
    it(`refuses ${what}`, () => {
      assert.equal(editor.safeParse(parseYaml(yaml).value).success, false);
    });
  }

  it("takes durations as loading does", () => {
    const taken = (timeout: string): boolean =>
      editor.safeParse({ tasks: { a: { shell: "ls", timeout } } }).success;
    for (const text of ["500ms", "90s", "1.5h", "1h30m", "2w", "unlimited"]) {
      assert.ok(taken(text), text);
      assert.ok(taskSchema.safeParse({ shell: "ls", timeout: text }).success, text);
    }
    for (const text of ["", "1", "h", "1 h", "-1s", "1y"]) assert.ok(!taken(text), text);
  });
});
