import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { definition } from "../../../stores/store.fixture.ts";
import type { Change, Commit, DayImage, RunImage } from "../commits.ts";
import { DueOracle } from "../due-oracle.ts";
import { Effects } from "../effects.ts";
import { Gauges } from "../gauges.ts";
import { History } from "../history.ts";
import type { Facts } from "./facts.ts";
import { Touched } from "./ledger.ts";
import { RetentionCheck } from "./retention.ts";

const DAY_MS = 86_400_000;
/** In Kolkata it is the day after already. */
const DUE_AT = Date.parse("2026-06-10T20:00:00Z");
const NOW = DUE_AT + 3 * DAY_MS;
const TODAY = "nightly/2026-06-11";
const ONE_FAILED: DayImage = {
  due: 1,
  succeeded: 0,
  failed: 1,
  cancelled: 0,
  missed: 0,
  passedOver: 0,
};
const MISSED: DayImage = { ...ONE_FAILED, due: 4, failed: 0, missed: 4 };

const run: RunImage = {
  table: "history",
  task: "nightly",
  schedule: "s",
  dueAt: DUE_AT,
  definition: "d",
  triggerKind: "schedule",
  gate: null,
  deadlineAt: null,
  attempts: "",
  payload: null,
  createdAt: DUE_AT,
  readyAt: DUE_AT,
  state: "failed",
  reason: "deadline",
};
const gap = {
  schedule: "s",
  fromAt: DUE_AT + 60_000,
  toAt: DUE_AT + 240_000,
  count: 4,
  reason: "down",
  definition: "d",
} as const;

/** A task's failed run and a gap of four occurrences, and what a verb makes of them. */
function scene(retentionMs: number): (verb: "prune" | "sweep", changes: readonly Change[]) => void {
  const check = new RetentionCheck();
  const facts: Facts = {
    history: new History(),
    oracle: new DueOracle(DUE_AT, NOW),
    effects: new Effects(
      () => {},
      () => {},
    ),
    gauges: new Gauges(),
    now: () => NOW,
    retentionMs,
    skewMs: () => 0,
    definition: () => definition("nightly", { timeZone: "Asia/Kolkata" }),
    processOf: () => null,
    gone: () => false,
    codeOf: () => new Set(),
  };
  const happen = (verb: "prune" | "sweep", changes: readonly Change[], entered: Touched) => {
    const around = { at: NOW, by: "n1", changes };
    const commit: Commit =
      verb === "prune"
        ? { ...around, verb, args: [[], [], NOW], result: { answer: "pruned" } }
        : { ...around, verb: "sweep", args: [NOW, NOW], result: { answer: 0 } };
    check.check(commit, facts.history.apply(commit), entered, facts);
  };
  const entered = new Touched();
  for (const at of [0, 1, 2, 3, 4]) entered.add("entered", "s", DUE_AT + at * 60_000);
  const task = { source: "a", enabled: 1, definition: "d", pauseFrom: null, pauseUntil: null };
  const schedule = { task: "nightly", key: "default", source: "a", parts: "[]", payload: null };
  happen(
    "sweep",
    [
      { table: "task", id: "nightly", row: { ...task, pauseBy: null } },
      {
        table: "schedule",
        id: "s",
        row: { ...schedule, revision: 1, enabled: 1, cursorAt: NOW, nextAt: null },
      },
      { table: "history", id: "r", row: run },
      { table: "gap", id: "s/1", row: gap },
    ],
    entered,
  );
  return (verb, changes) => happen(verb, changes, new Touched());
}

const runGone: Change = { table: "history", id: "r", row: null };
const gapGone: Change = { table: "gap", id: "s/1", row: null };
const day = (row: DayImage, id = TODAY): Change => ({ table: "day", id, row });

describe("what retention takes", () => {
  it("is accepted where the day counts it, at once or one after the other", () => {
    const together = scene(DAY_MS);
    together("prune", [runGone, gapGone, day({ ...MISSED, due: 5, failed: 1 })]);
    const apart = scene(DAY_MS);
    apart("prune", [runGone, day(ONE_FAILED)]);
    apart("prune", [gapGone, day({ ...MISSED, due: 5, failed: 1 })]);
  });

  const refused: readonly [string, "prune" | "sweep", readonly Change[], RegExp][] = [
    ["a run that no day counts", "prune", [runGone], /days count what was taken/],
    ["a gap that no day counts", "prune", [gapGone], /days count what was taken/],
    ["a run counted as another end", "prune", [runGone, day(MISSED)], /days count/],
    [
      "a gap counted less than it was",
      "prune",
      [gapGone, day({ ...MISSED, due: 3, missed: 3 })],
      /days count/,
    ],
    [
      "a run counted on another day than its task's",
      "prune",
      [runGone, day(ONE_FAILED, "nightly/2026-06-10")],
      /days count/,
    ],
    ["a day that counts what is still there", "prune", [day(ONE_FAILED)], /days count/],
    ["a gap deleted by another verb", "sweep", [gapGone, day(MISSED)], /gaps are kept/],
  ];
  for (const [what, verb, changes, invariant] of refused) {
    it(`is refused: ${what}`, () => {
      assert.throws(() => scene(DAY_MS)(verb, changes), invariant);
    });
  }

  it("is refused where it is younger than that", () => {
    const kept = scene(4 * DAY_MS);
    assert.throws(() => kept("prune", [runGone, day(ONE_FAILED)]), /retention: run r/);
  });
});
