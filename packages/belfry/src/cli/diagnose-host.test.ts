import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { verdicts } from "./diagnose.fixture.ts";
import { diagnoseHost } from "./diagnose-host.ts";
import { type HostFacts, hostFacts, openFilesOf, timeServiceOf } from "./host-facts.ts";

const NOW = Date.UTC(2026, 10, 24);
const FACTS: HostFacts = {
  node: "26.0.0",
  sqlite: "3.53.0",
  timeZones: "2026b",
  openFiles: 65_536,
  timeService: "unknown",
};

describe("a diagnosis of the host", () => {
  const of = (over: Partial<HostFacts>, concurrency = 50): string[] =>
    verdicts(diagnoseHost({ ...FACTS, ...over }, concurrency, NOW));

  it("finds a runtime of today well", () => {
    assert.deepEqual(of({}), ["ok", "ok", "ok", "ok"]);
  });

  it("finds a Node.js that is too old wrong, and an SQLite that damages shared files", () => {
    assert.equal(of({ node: "22.9.0" })[0], "wrong");
    assert.equal(of({ sqlite: "3.51.2" })[1], "wrong");
    assert.equal(of({ sqlite: "4.0.0" })[1], "ok");
  });

  it("doubts zones of years ago, and of no edition", () => {
    assert.equal(of({ timeZones: "2025c" })[2], "ok");
    assert.equal(of({ timeZones: "2024a" })[2], "doubtful");
    assert.equal(of({ timeZones: "" })[2], "doubtful");
  });

  it("doubts a limit of open files that its attempts may need all of", () => {
    assert.equal(of({ openFiles: 256 })[3], "doubtful");
    assert.equal(of({ openFiles: 1_024 })[3], "ok");
    assert.equal(of({ openFiles: 1_024 }, 500)[3], "doubtful");
    assert.equal(of({ openFiles: null }).length, 3);
  });

  it("reads its facts as the host tells them", async () => {
    const limits =
      "Limit      Soft Limit  Hard Limit  Units\nMax open files            1024                 524288               files\n";
    assert.equal(openFilesOf(limits), 1_024);
    assert.equal(
      openFilesOf("Max open files            unlimited            unlimited            files"),
      null,
    );
    assert.equal(timeServiceOf("NTPSynchronized=yes\n"), "synchronised");
    assert.equal(timeServiceOf("NTPSynchronized=no\n"), "unsynchronised");
    assert.equal(timeServiceOf(""), "unknown");
    assert.equal((await hostFacts()).node, process.versions.node);
  });
});
