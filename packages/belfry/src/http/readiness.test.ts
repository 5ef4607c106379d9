import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { judge, type NodeFacts, readinessText } from "./readiness.ts";

const NOW = Date.UTC(2026, 10, 24, 12);

const GOOD: NodeFacts = {
  store: { answer: "came", tookMs: 2, schema: 1 },
  schema: 1,
  leaseUntil: NOW + 25_000,
  leaseMs: 30_000,
  now: NOW,
};

describe("a node", () => {
  const cases: readonly (readonly [what: string, facts: Partial<NodeFacts>, said: string])[] = [
    ["that can work is ready", {}, "ready ok ok ok"],
    [
      "whose store does not answer is degraded while its lease runs: what is under way goes on",
      { store: { answer: "failed", why: "does not answer (store-slow)" } },
      "degraded degraded degraded ok",
    ],
    [
      "whose store has not answered until its lease ran out is not ready",
      { store: { answer: "failed", why: "does not answer (store-slow)" }, leaseUntil: NOW },
      "not-ready failed failed failed",
    ],
    [
      "whose store is slow is degraded",
      { store: { answer: "came", tookMs: 1_500, schema: 1 } },
      "degraded degraded ok ok",
    ],
    [
      "whose store a newer version has changed is degraded: it works on until it is replaced",
      { store: { answer: "came", tookMs: 2, schema: 2 } },
      "degraded ok degraded ok",
    ],
    ["that holds no lease is not ready", { leaseUntil: null }, "not-ready ok ok failed"],
    ["whose lease ran out is not ready", { leaseUntil: NOW }, "not-ready ok ok failed"],
    [
      "whose renewal is overdue is degraded",
      { leaseUntil: NOW + 14_000 },
      "degraded ok ok degraded",
    ],
  ];
  for (const [what, facts, said] of cases) {
    it(what, () => {
      const { state, checks } = judge({ ...GOOD, ...facts });
      assert.equal([state, ...checks.map((check) => check.state)].join(" "), said);
    });
  }

  it("says it in words", () => {
    const facts = { ...GOOD, leaseUntil: NOW - 3_000 };
    assert.equal(
      readinessText(judge(facts)),
      [
        "not-ready",
        "store       ok        answered in 2 ms",
        "migrations  ok        schema 1",
        "lease       failed    ran out 3 s ago: it starts nothing until it is renewed",
        "",
      ].join("\n"),
    );
  });
});
