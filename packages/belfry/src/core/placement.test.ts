import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { missingTags, tagWords } from "./placement.ts";

describe("where a task may run", () => {
  it("is any node where it asks for nothing", () => {
    assert.deepEqual(missingTags([], []), []);
    assert.deepEqual(missingTags([], ["gpu"]), []);
  });

  it("is a node that has all tags that it asks for, whatever else that has", () => {
    assert.deepEqual(missingTags(["eu", "gpu"], ["ssd", "gpu", "eu"]), []);
    assert.deepEqual(missingTags(["eu", "gpu"], ["eu"]), ["gpu"]);
    assert.deepEqual(missingTags(["gpu"], ["GPU"]), ["gpu"]);
  });

  it("is said in words", () => {
    assert.equal(tagWords(["gpu"]), "the tag gpu");
    assert.equal(tagWords(["eu", "gpu"]), "the tags eu, gpu");
  });
});
