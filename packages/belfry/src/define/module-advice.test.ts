import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatProblem } from "./problem.ts";
import { Project } from "./project.fixture.ts";

const TSX =
  'or run Belfry under tsx: npm install --save-dev tsx, then NODE_OPTIONS="--import tsx" belfry up';
const transformed = (construct: string, instead: string): string =>
  `${construct} has to be transformed, and Node.js only strips types – ${instead}, ${TSX}`;

describe("TypeScript that Node.js does not run by itself", { concurrency: 2 }, () => {
  const constructs: readonly (readonly [text: string, line: number, said: string])[] = [
    ["\nenum Kind { A }", 2, transformed("an enum", "write an object `as const`")],
    [
      "class A {\n  constructor(readonly x: number) {}\n}",
      2,
      transformed("a parameter property", "assign it in the constructor's body"),
    ],
    [
      "namespace N { export const x = 1; }",
      1,
      transformed("a namespace", "make it a module of its own"),
    ],
    [
      '\n\nimport fs = require("node:fs");\nexport { fs };',
      3,
      transformed("import … = require(…)", "write import … from"),
    ],
    ["const a = 1;\nexport = a;", 2, transformed("export = …", "write export default")],
    [
      "const a: unknown = 1;\nexport const b = <number>a;",
      2,
      transformed("a type assertion <T>x", "write x as T"),
    ],
    [
      "const d = (x: unknown) => x;\nclass A {\n  @d() run(): void {}\n}",
      3,
      transformed("a decorator", "wrap what it decorates"),
    ],
  ];
  for (const [text, line, said] of constructs) {
    it(`is explained: ${said.split(" has")[0]}, in the file and in what it imports`, async () => {
      assert.deepEqual(
        await problemsOf({ "a.ts": 'import "./lib.ts";', "b.ts": text, "lib.ts": text }),
        [`lib.ts:${line}: ${said}`, `b.ts:${line}: ${said}`, `lib.ts:${line}: ${said}`],
      );
    });
  }

  it("is explained: JSX", async () => {
    const said = transformed("JSX (.tsx)", "keep JSX out of what tasks import");
    const files = { "a.ts": 'import "./mail.tsx";', "mail.tsx": "export const a = <b>x</b>;" };
    assert.deepEqual(await problemsOf(files), [`mail.tsx: ${said}`, `mail.tsx: ${said}`]);
  });

  it("is explained: imports that other tools complete", async () => {
    const files = {
      "a.ts": '\nimport { x } from "./lib/x";\nexport { x };',
      "b.ts": 'import { x } from "./lib/x.js";\nexport { x };',
      "c.ts": 'export * from "./lib";',
      "d.ts": 'import "./lib/nowhere";',
      "lib/x.ts": "export const x = 1;",
      "lib/index.ts": "export const y = 1;",
    };
    const written = "Node.js takes imports as they are written – write";
    const [a, b, c, d = ""] = await problemsOf(files, ["a.ts", "b.ts", "c.ts", "d.ts"]);
    assert.deepEqual(
      [a, b, c],
      [
        `a.ts:2: there is no ./lib/x: ${written} "./lib/x.ts", ${TSX}`,
        `b.ts:1: there is no ./lib/x.js: ${written} "./lib/x.ts", ${TSX}`,
        `c.ts:1: there is no ./lib: ${written} "./lib/index.ts", ${TSX}`,
      ],
    );
    assert.match(d, /^d\.ts:1: Cannot find module '.*nowhere'/);
  });

  it("is explained: paths of tsconfig.json, and nothing else that is missing", async () => {
    const files = {
      "tsconfig.json": '{ "compilerOptions": { "paths": { "lib/*": ["./*"], "db": ["./d"] } } }',
      "a.ts": '\nimport "lib/x";',
      "b.ts": 'import "db";',
      "c.ts": 'import "@/x";',
      "d.ts": 'import "no-such-package";',
    };
    const said =
      "is a path of tsconfig.json, which Node.js does not read – write it as a path, or give it a " +
      `name by \`imports\` in package.json (#lib/*), ${TSX}`;
    const [a, b, c, d = ""] = await problemsOf(files);
    assert.deepEqual(
      [a, b, c],
      [`a.ts:2: lib ${said}`, `b.ts:1: db ${said}`, `c.ts:1: @/x ${said}`],
    );
    assert.match(d, /^d\.ts:1: Cannot find package 'no-such-package'/);
  });

  it("is explained: a type that is imported as if it were a value", async () => {
    const files = {
      "a.ts": 'import { T } from "./types.ts";\nexport const a: T = 1;',
      "types.ts": "export type T = 1;\nexport const one = 1;",
    };
    assert.deepEqual(await problemsOf(files), [
      "a.ts:1: syntax error: The requested module './types.ts' does not provide an export named 'T' – if T is a type, write import type",
    ]);
  });
});

/** What is wrong with task files, in order; all `.ts` and `.tsx` unless told. */
async function problemsOf(
  files: Readonly<Record<string, string>>,
  tasks: readonly string[] = ["*.ts", "*.tsx"],
): Promise<string[]> {
  const config = JSON.stringify({ tasks });
  const module = '{ "type": "module" }';
  await using project = await Project.create({
    "belfry.yaml": config,
    "package.json": module,
    ...files,
  });
  const { problems } = await project.load();
  return problems.filter(({ severity }) => severity === "error").map(formatProblem);
}
