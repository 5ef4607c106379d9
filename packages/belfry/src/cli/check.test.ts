import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Project } from "../define/project.fixture.ts";
import { type Answer, belfry } from "./captured-io.fixture.ts";
import { annotation } from "./github.ts";

const YAML = `
name: shop
tasks:
  by-hand: { shell: "true", delivery: at-most-once }
  backup:
    schedule: "0 3 * * *"
    shell: dump
    concurrency: 2
`;

describe("belfry check", () => {
  const check = async (
    files: Readonly<Record<string, string>>,
    ...argv: string[]
  ): Promise<Answer> => {
    await using project = await Project.create(files);
    const answer = await belfry(["check", ...argv], { cwd: project.folder });
    assert.equal(existsSync(join(project.folder, ".belfry")), false, "it needs no store");
    return answer;
  };

  it("shows what each task has and lacks, and what to write, and exits 1", async () => {
    const { code, stdout } = await check({ "belfry.yaml": YAML });
    assert.equal(code, 1);
    assert.match(
      stdout,
      /^shop\nTASK +SCHEDULE IN CODE +IDEMPOTENT +SINGLE +HEARTBEAT +ALERT +LOGS +WHERE\n/,
    );
    assert.match(stdout, /\nbackup +✓ +✗ +✓ +✗ +✗ +✓ +belfry\.yaml:5\n/);
    assert.match(stdout, /\nby-hand +– +✓ +✓ +– +✗ +✓ +belfry\.yaml:4\n/);
    assert.match(
      stdout,
      /\n✗ heartbeat: nobody outside .*\n {2}backup \(belfry\.yaml:5\): heartbeat: \{ secret: BACKUP_HEARTBEAT_URL \}\n/,
    );
    assert.match(
      stdout,
      /\n0 of 2 tasks complete\. Missing: idempotent 1, heartbeat 1, alert 2\.\n$/,
    );
  });

  it("prints a document with what is missing, and what could not be loaded", async () => {
    const bad = `${YAML}  bad: { shell: x, retry: none }\n`;
    const { code, stdout } = await check({ "belfry.yaml": bad }, "--json");
    assert.equal(code, 1);
    const { ok, summary, tasks, problems } = JSON.parse(stdout);
    assert.equal(ok, false);
    assert.deepEqual(summary, {
      tasks: 2,
      complete: 0,
      missing: { idempotent: 1, heartbeat: 1, alert: 2 },
    });
    assert.deepEqual(Object.keys(tasks[0]), ["task", "source", "file", "line", "ok", "ticks"]);
    assert.deepEqual(Object.keys(tasks[0].ticks[0]), ["name", "state", "words", "remedy"]);
    assert.equal(problems.length, 1);
  });

  it("writes annotations for a workflow, with paths from the root of the checkout", async () => {
    await using project = await Project.create({
      "jobs/belfry.yaml": `${YAML}  bad: { shell: x, retry: none }\n`,
    });
    const argv = ["check", "--format", "github"];
    const cwd = join(project.folder, "jobs");
    const { stdout } = await belfry(argv, { cwd, env: { GITHUB_WORKSPACE: project.folder } });
    const lines = stdout.trimEnd().split("\n");
    assert.equal(lines.length, 3);
    assert.match(
      lines[0] ?? "",
      /^::warning file=jobs\/belfry\.yaml,line=5,title=belfry check%3A backup::idempotent: .*%0Aheartbeat: /,
    );
    assert.match(
      lines[2] ?? "",
      /^::error file=jobs\/belfry\.yaml,line=9,title=belfry check%3A bad\.retry::/,
    );
    assert.equal((await belfry(["check", "--format", "xml"], { cwd })).code, 2);
  });

  it("checks crontabs too, also without a configuration", async () => {
    await using project = await Project.create({});
    await writeFile(join(project.folder, "my.crontab"), "0 3 * * * dump > /dev/null 2>&1\n");
    const { code, stdout } = await belfry(["check", "--crontab", "my.crontab"], {
      cwd: project.folder,
    });
    assert.equal(code, 1);
    assert.match(stdout, /^crontab \S+\/my\.crontab\n/);
    assert.match(stdout, /\ndump-[0-9a-f]+ +✓ +✓ +✗ +✗ +✗ +✗ /);
  });

  it("exits 1 where there is nothing to check: a glob that finds nothing must not pass", async () => {
    const { code, stdout, stderr } = await check({ "belfry.yaml": "" });
    assert.equal(code, 1);
    assert.equal(stdout, "");
    assert.match(stderr, /There is no task to check/);
  });
});

describe("an annotation", () => {
  it("lets nothing in it be taken for another command or property", () => {
    const file = "a,b:c%d.ts";
    const message = "one\n::error::two\r100%";
    assert.equal(
      annotation({ level: "warning", file, line: 7, title: "x: y,\nz", message }),
      "::warning file=a%2Cb%3Ac%25d.ts,line=7,title=x%3A y%2C%0Az::one%0A::error::two%0D100%25",
    );
    const nowhere = { level: "error", file: null, line: 3, title: "t", message: "m" } as const;
    assert.equal(annotation(nowhere), "::error title=t::m");
  });
});
