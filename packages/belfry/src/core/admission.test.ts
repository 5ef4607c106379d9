import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decideAdmission } from "./admission.ts";

describe("decideAdmission", () => {
  it("starts whatever finds a free slot", () => {
    for (const overlap of ["skip", "queue", "replace"] as const) {
      for (const live of [true, false]) {
        assert.equal(decideAdmission({ live, overlap, free: 1 }), "start");
      }
    }
  });

  it("lets a live run meet its overlap policy at a full gate", () => {
    assert.equal(decideAdmission({ live: true, overlap: "skip", free: 0 }), "skip");
    assert.equal(decideAdmission({ live: true, overlap: "queue", free: 0 }), "wait");
    assert.equal(decideAdmission({ live: true, overlap: "replace", free: 0 }), "replace");
  });

  it("queues what did not come due live, whatever the policy", () => {
    for (const overlap of ["skip", "queue", "replace"] as const) {
      assert.equal(decideAdmission({ live: false, overlap, free: 0 }), "wait");
    }
  });

  it("treats a gate whose limit was lowered below its holders as full", () => {
    assert.equal(decideAdmission({ live: true, overlap: "skip", free: -2 }), "skip");
  });
});
