import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { createContext, runInContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import type { Answer, Question } from "./browser.fixture.ts";
import { CHROMIUM, textInBrowser } from "./chromium.fixture.ts";
import * as schedule from "./index.ts";
import {
  doesNotHold,
  readVectors,
  VECTOR_FILES,
  type Vector,
  vectorOptions,
} from "./vectors.fixture.ts";

/*
 * The package in a browser: small, and the same to the second. What it answers is held against the
 * vectors, once in a context that has nothing but ECMAScript, once in Chromium where there is one.
 */

/**
 * Of `parse` and `detect` with all dialects, minified and gzipped: 27 KiB for the reading and the
 * reckoning, 7 for words and findings.
 */
const MOST_BYTES = 34 * 1024;
const FOLDER = import.meta.dirname;

const vectors = VECTOR_FILES.flatMap(readVectors).filter(
  (vector) => vector.invalid === true || ((vector.next?.length ?? 0) > 0 && !doesNotHold(vector)),
);
const ASK = `JSON.stringify(page.answersTo(${JSON.stringify(vectors.map(questionOf))}))`;

describe("the package in a browser", () => {
  let script = "";

  before(async () => {
    script = await bundle('export * from "./browser.fixture.ts"', "iife");
  });

  it(`has parse and detect of all dialects in ${MOST_BYTES} bytes`, async () => {
    const module = await bundle('export { parse, detect } from "./index.ts"', "esm");
    const bytes = gzipSync(module, { level: 9 }).length;
    assert.ok(bytes <= MOST_BYTES, `${bytes} bytes: see where with esbuild --analyze`);
  });

  it("needs nothing but ECMAScript", () => {
    const context = createContext({});
    runInContext(script, context);
    const names: readonly string[] = runInContext("Object.keys(page)", context);
    assert.deepEqual(
      Object.keys(schedule).filter((name) => !names.includes(name)),
      [],
    );
    check(JSON.parse(runInContext(ASK, context)));
  });

  it("answers in Chromium what the vectors say", (test) => {
    if (CHROMIUM === null) test.skip("there is no Chromium here: install chromium");
    else check(JSON.parse(textInBrowser(CHROMIUM, script, ASK)));
  });
});

/** What browsers are to run: a module, or a script that makes `page` of what it exports. */
async function bundle(module: string, format: "esm" | "iife"): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: module, resolveDir: FOLDER },
    bundle: true,
    minify: true,
    write: false,
    platform: "browser",
    format,
    globalName: "page",
    target: "es2022",
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}

function questionOf(vector: Vector): Question {
  const { expr: expression, from = "2026-01-01T00:00:00Z", next = [] } = vector;
  return { expression, options: vectorOptions(vector), from, count: next.length };
}

function check(answers: readonly Answer[]): void {
  assert.equal(answers.length, vectors.length);
  for (const [index, vector] of vectors.entries()) {
    const answer = answers[index];
    if (vector.invalid === true) assert.equal(typeof answer, "string", vector.expr);
    else assert.deepEqual(answer, vector.next, vector.expr);
  }
}
