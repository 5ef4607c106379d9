import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NODE, NOW, verdicts } from "./diagnose.fixture.ts";
import { diagnoseNodes, diagnoseReleases, diagnoseVersions } from "./diagnose-fleet.ts";

describe("a diagnosis of the fleet", () => {
  it("finds one living node well, and none wrong", () => {
    assert.deepEqual(verdicts(diagnoseNodes([NODE], NOW)), ["ok"]);
    assert.deepEqual(verdicts(diagnoseNodes([], NOW)), ["wrong"]);
    assert.deepEqual(verdicts(diagnoseNodes([{ ...NODE, state: "left" }], NOW)), ["wrong"]);
  });

  it("finds a node wrong whose lease ran out, or whose loop stands still", () => {
    const expired = { ...NODE, leaseUntil: NOW - 1_000 };
    assert.deepEqual(verdicts(diagnoseNodes([expired], NOW)), ["wrong", "wrong"]);
    const stalled = { ...NODE, stalled: { sinceAt: NOW - 9_000, tasks: ["report"] } };
    const [, finding] = diagnoseNodes([stalled], NOW);
    assert.match(finding?.message ?? "", /stands still since 9 s: report blocks it/);
  });

  it("doubts a node that somebody has drain, not one that ends", () => {
    const draining = (by: string) => ({ ...NODE, draining: { sinceAt: NOW - 9_000, by } });
    const findings = diagnoseNodes([draining("ann@h")], NOW);
    assert.deepEqual(verdicts(findings), ["ok", "doubtful"]);
    assert.match(findings[1]?.message ?? "", /takes no new work: ann@h had it drain 9 s ago/);
    assert.deepEqual(verdicts(diagnoseNodes([draining(`node ${NODE.id}`)], NOW)), ["ok"]);
  });

  it("names live nodes that disagree on the release, and does not ask dead ones", () => {
    const other = { ...NODE, id: "n2", releases: [{ source: "shop", hash: "bbbbbbbbbb" }] };
    const [finding] = diagnoseReleases([NODE, other], NOW);
    assert.match(finding?.message ?? "", /shop: aaaaaaaa and bbbbbbbb/);
    assert.deepEqual(diagnoseReleases([NODE, { ...other, state: "dead" }], NOW), []);
  });

  it("names versions of Belfry that work side by side", () => {
    const newer = { ...NODE, id: "n2", version: "0.2.0" };
    const [finding] = diagnoseVersions([NODE, newer], NOW);
    assert.match(finding?.message ?? "", /0\.1\.0 and 0\.2\.0/);
    assert.deepEqual(diagnoseVersions([NODE, { ...newer, state: "left" }], NOW), []);
  });
});
