import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { belfry, type Captured, captureIo } from "../src/cli/captured-io.fixture.ts";
import { main } from "../src/cli/main.ts";
import { occurrenceReference } from "../src/core/run-reference.ts";
import type { RunView } from "../src/views/run.ts";
import { until } from "./world.ts";

// Once, by hand, a program that does not heed SIGTERM; each that comes due is to replace it.
const YAML = `
tasks:
  deaf:
    schedule: every 3s
    overlap: replace
    shell: |
      echo begun; [ -e heeds ] && exec sleep 60
      touch heeds; trap '' TERM; while :; do sleep 0.1; done
`;

describe("overlap: replace, on the command line", () => {
  let cwd = "";
  let node: Captured;
  let ended: Promise<number>;
  const ask = async (...argv: string[]): Promise<string> => {
    const { stdout, stderr } = await belfry(argv, { cwd });
    return stdout + stderr;
  };
  const runs = async (...argv: string[]): Promise<readonly RunView[]> =>
    JSON.parse((await belfry(["runs", "--json", ...argv], { cwd })).stdout);

  before(async () => {
    cwd = await mkdtemp(join(tmpdir(), "belfry-replace-"));
    await writeFile(join(cwd, "belfry.yaml"), YAML);
    node = captureIo({ cwd, env: { PATH: process.env["PATH"] ?? "" } });
    ended = main(["up"], node.io);
    await until(async () => (await ask("runs")).includes("asked to end"), 15_000);
  });

  after(async () => {
    node.signal("SIGTERM");
    node.signal("SIGTERM");
    await ended;
    await rm(cwd, { recursive: true, force: true });
  });

  it("tells, while the replaced one does not end, who waits for whom", async () => {
    const [deaf] = await runs("--state", "running");
    const [next] = await runs("--state", "pending");
    assert.ok(deaf !== undefined && next !== undefined);
    assert.equal(deaf.replacedBy, next.id);
    // On the minute a reference has no seconds.
    const [old, heir] = [deaf, next].map(({ dueAt }) =>
      occurrenceReference("deaf", "default", Date.parse(dueAt)),
    );
    assert.match(await ask("why", next.id), new RegExp(`^It replaces ${old}, which was asked`));
    assert.match(await ask("why", deaf.id), new RegExp(`since ${heir} came due and replaces it`));
    assert.match(await ask("show", deaf.id), new RegExp(`asked to end for +${heir}`));
    assert.match(await ask("show", next.id), new RegExp(`replaces +${old}`));
    assert.match(await ask("runs"), new RegExp(`asked to end: replaced by ${heir}`));
  });

  it("tells, once that is killed, what replaced it, and what was passed over", async () => {
    await until(async () => (await runs("--state", "cancelled")).length > 0, 20_000);
    const replaced = (await runs("--state", "cancelled")).at(-1);
    assert.ok(replaced !== undefined && replaced.replacedBy !== null);
    assert.equal(replaced.reason, "replaced");
    const show = await ask("show", replaced.id);
    assert.match(show, /cancelled \(replaced\)/);
    assert.match(show, /replaced by +deaf@/);
    assert.match(show, /SIGKILL/);
    assert.match(
      await ask("why", replaced.id),
      /^deaf@\S+ replaced it at .+: it came due while this one still ran\./,
    );
    assert.match(await ask("logs", replaced.id), /^begun/);
    assert.match(await ask("runs", "--state", "cancelled"), /replaced by /);
    const did = await ask("did", "deaf", "--from", "1m", "--until", "now");
    assert.match(did, /⊘ cancelled .+ replaced/);
    assert.match(did, /○ gap +another run was still under way/);
    // It starts when what it replaces has ended, a claim later.
    const begunAt = async (): Promise<string | null> =>
      (await runs()).find(({ id }) => id === replaced.replacedBy)?.startedAt ?? null;
    await until(async () => (await begunAt()) !== null, 10_000);
    assert.ok(Date.parse((await begunAt()) ?? "") >= Date.parse(replaced.endedAt ?? ""));
  });
});
