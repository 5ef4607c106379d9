import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { diagnoseClock, diagnoseJumps, diagnoseTimeService } from "./diagnose-clock.ts";

const NOW = 100_000_000;

describe("a diagnosis of the clock", () => {
  it("finds one below the store's mark wrong, and says how to set it right", () => {
    assert.equal(diagnoseClock(NOW + 4_000, NOW).verdict, "ok");
    const finding = diagnoseClock(NOW + 7_200_000, NOW);
    assert.equal(finding.verdict, "wrong");
    assert.match(finding.remedy ?? "", /--accept-clock/);
  });

  it("says whether somebody keeps it right, where that can be known", () => {
    const verdictOf = (timeService: "synchronised" | "unsynchronised" | "unknown") =>
      diagnoseTimeService({ timeService })[0]?.verdict;
    assert.equal(verdictOf("synchronised"), "ok");
    assert.equal(verdictOf("unsynchronised"), "doubtful");
    assert.equal(verdictOf("unknown"), undefined);
  });

  it("tells of jumps as nodes wrote them down", () => {
    const row = { seq: 1, actor: "node n1", what: "clock.jump", task: null, before: null };
    const rows = [
      { ...row, at: NOW - 60_000, subject: "h", after: '{"jumpMs":-7200000}' },
      { ...row, at: NOW, subject: "h", after: "damaged" },
    ];
    assert.deepEqual(
      diagnoseJumps(rows, NOW).map(({ message }) => message),
      ["The clock of h went back by 2 h 1 min ago."],
    );
  });
});
