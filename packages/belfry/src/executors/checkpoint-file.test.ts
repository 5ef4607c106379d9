import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import type { Clock } from "../clock.ts";
import { systemClock } from "../clocks/system.ts";
import { CheckpointFile } from "./checkpoint-file.ts";
import { RecordedAttempt } from "./fixtures/recorded-attempt.ts";

const folder = mkdtempSync(join(tmpdir(), "belfry-checkpoint-"));
let files = 0;

after(() => rmSync(folder, { recursive: true, force: true }));

/** Every wait takes a hundredth of its time. */
const hastyClock: Clock = {
  ...systemClock,
  schedule: (at, wake) => {
    const now = systemClock.now();
    return systemClock.schedule(now + (at - now) / 100, wake);
  },
};

function checkpointFile(checkpoint: string | null = null): {
  attempt: RecordedAttempt;
  file: CheckpointFile;
} {
  files += 1;
  const attempt = new RecordedAttempt({ checkpoint });
  return { attempt, file: new CheckpointFile(join(folder, `${files}`), attempt, hastyClock) };
}

describe("the checkpoint file of a command", () => {
  it("is there only if the run has a checkpoint", async () => {
    const { file } = checkpointFile();
    await file.write();
    assert.equal(existsSync(file.path), false);
    const { file: other } = checkpointFile('"page 3"');
    await other.write();
    assert.equal(readFileSync(other.path, "utf8"), "page 3");
  });

  it("holds the JSON that a function has left", async () => {
    const { attempt, file } = checkpointFile('{"page":3}');
    await file.write();
    assert.equal(readFileSync(file.path, "utf8"), '{"page":3}');
    await file.close();
    assert.deepEqual(attempt.heard, []);
  });

  it("is saved while the command runs, so that a crash loses little", async () => {
    const { attempt, file } = checkpointFile();
    await file.write();
    file.watch();
    writeFileSync(file.path, "page 4");
    await attempt.hears('checkpoint:"page 4"');
    await file.close();
    assert.deepEqual(attempt.heard, ['checkpoint:"page 4"']);
  });

  it("may be emptied, but what was saved stays where it is removed", async () => {
    const { attempt, file } = checkpointFile('"page 3"');
    await file.write();
    rmSync(file.path);
    await file.close();
    assert.equal(attempt.checkpoint, '"page 3"');
    writeFileSync(file.path, "");
    await file.close();
    assert.equal(attempt.checkpoint, '""');
  });

  it("is not followed where it leads elsewhere", async () => {
    const { attempt, file } = checkpointFile();
    symlinkSync("/etc/passwd", file.path);
    await file.close();
    assert.deepEqual(attempt.heard, []);
  });

  it("that cannot be saved is named in the log, and no failure", async () => {
    const { attempt, file } = checkpointFile();
    Object.assign(attempt, { saveCheckpoint: () => Promise.reject(new Error("stale")) });
    writeFileSync(file.path, "x");
    await file.close();
    assert.match(attempt.heard.join(), /^log:warn:the checkpoint could not be saved: Error: stale/);
  });
});
