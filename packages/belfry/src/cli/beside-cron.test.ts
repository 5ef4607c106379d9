import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { modeOf, refuseBeside } from "./beside-cron.ts";

describe("crontabs beside a cron daemon", () => {
  it("are refused while it is alive and runs them too", () => {
    assert.throws(() => refuseBeside({ daemon: { pid: 7, name: "cron" } }), {
      kind: "conflict",
      code: "cron-alive",
      message: /^cron is alive \(process 7\)/,
    });
    assert.doesNotThrow(() => refuseBeside({ daemon: null }));
  });

  it("are run, observed or taken over, and one of them only", () => {
    assert.equal(modeOf(["a"], false, false), "run");
    assert.equal(modeOf(["a"], true, false), "observe");
    assert.equal(modeOf(["a"], false, true), "take-over");
    assert.throws(() => modeOf(["a"], true, true), { code: "bad-usage" });
  });

  it("have to be named to be observed or taken over", () => {
    assert.throws(() => modeOf([], true, false), { code: "bad-usage", hint: /--crontab/ });
    assert.throws(() => modeOf([], false, true), { code: "bad-usage", hint: /--crontab/ });
    assert.equal(modeOf([], false, false), "run");
  });
});
