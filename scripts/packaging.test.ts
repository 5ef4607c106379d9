import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { parseDuration } from "@belfry/schedule";
import { resolveConfig } from "../packages/belfry/src/define/config.ts";
import { parseYaml } from "../packages/belfry/src/define/yaml.ts";

const PACKAGING = join(import.meta.dirname, "../packaging");
const read = (path: string): string => readFileSync(join(PACKAGING, path), "utf8");
const compose = read("docker/compose.yaml");
const verifier = spawnSync("systemd-analyze", ["--version"]).status === 0;

describe("what is there for a server", () => {
  it("has a unit that systemd finds nothing wrong with", {
    skip: !verifier && "there is no systemd-analyze here",
  }, () => {
    const folder = mkdtempSync(join(tmpdir(), "belfry-unit-"));
    try {
      const program = join(folder, "node_modules/.bin/belfry");
      mkdirSync(dirname(program), { recursive: true });
      writeFileSync(program, "#!/bin/sh\n");
      chmodSync(program, 0o755);
      const unit = join(folder, "belfry.service");
      writeFileSync(unit, read("systemd/belfry.service").replaceAll("/opt/app", folder));
      const { status, stdout, stderr } = spawnSync("systemd-analyze", ["verify", unit], {
        encoding: "utf8",
      });
      assert.deepEqual({ status, said: stdout + stderr }, { status: 0, said: "" });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("gives attempts their whole grace before it kills", async () => {
    const { node } = await resolveConfig({ cwd: "/", environment: {} });
    const [, seconds = "0"] = /^TimeoutStopSec=(\d+)$/m.exec(read("systemd/belfry.service")) ?? [];
    assert.ok(Number(seconds) * 1_000 > node.graceMs);
    const [, grace = "0s"] = /^ +stop_grace_period: (\w+)$/m.exec(compose) ?? [];
    assert.ok(parseDuration(grace) > node.graceMs);
  });

  it("keeps the state where the service and the image may write, for their user alone", () => {
    const unit = read("systemd/belfry.service");
    assert.match(unit, /^StateDirectory=belfry\nStateDirectoryMode=0700$/m);
    assert.match(unit, /^Environment=BELFRY_DATABASE_URL=sqlite:\/var\/lib\/belfry\/belfry\.db$/m);
    const image = read("docker/Dockerfile");
    assert.match(image, /install -d -o node -g node -m 0700 \/data\b/);
    assert.match(image, /BELFRY_DATABASE_URL=sqlite:\/data\/belfry\.db/);
    assert.match(image, /^USER node$/m);
    assert.match(compose, /^ {4}volumes:\n {6}- data:\/data\n/m);
    assert.deepEqual(parseYaml(compose).errors, []);
  });

  it("starts a program that the package has", () => {
    assert.match(read("docker/Dockerfile"), /"node_modules\/belfry\/bin\/belfry\.js"\]$/m);
    const bin = join(import.meta.dirname, "../packages/belfry/bin/belfry.js");
    assert.ok(existsSync(bin));
  });
});
