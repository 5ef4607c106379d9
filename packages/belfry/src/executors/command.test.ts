import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { systemClock } from "../clocks/system.ts";
import type { AttemptContext, Ended } from "../executor.ts";
import { type CommandWork, createCommandExecutor } from "./command.ts";
import { describeExecutor } from "./executor.contract.ts";
import { RecordedAttempt } from "./fixtures/recorded-attempt.ts";
import { markedProcesses } from "./processes.ts";

const NODE = "node-of-command-test";
const dataDir = mkdtempSync(join(tmpdir(), "belfry-command-"));
const { PATH } = process.env;
const executor = createCommandExecutor({
  node: NODE,
  environment: {
    PATH,
    SHARED: "node's",
    BELFRY_DATABASE_URL: "postgres://secret",
    BELFRY_DATABASE_URL_FILE: "/run/secret",
    BELFRY_PAYLOAD_FILE: "an outer run's",
    BELFRY_CONFIG: "belfry.config.ts",
  },
  secret: (name) => {
    if (name === "TOKEN") return "the token";
    throw new Error(`secret ${name} is not set`);
  },
  dataDir,
  clock: systemClock,
  killGraceMs: 1_000,
  drainGraceMs: 200,
});

after(async () => {
  await executor.close();
  rmSync(dataDir, { recursive: true, force: true });
});

function command(argv: readonly string[], parts: Partial<CommandWork> = {}): CommandWork {
  return { kind: "command", argv, cwd: dataDir, env: {}, stdin: null, ...parts };
}

function shell(line: string, parts: Partial<CommandWork> = {}): CommandWork {
  return command(["/bin/sh", "-c", line], { kind: "shell", ...parts });
}

interface Performed extends Ended {
  readonly attempt: RecordedAttempt;
  readonly tookMs: number;
}

async function perform(
  work: CommandWork,
  parts: Partial<AttemptContext> & { readonly checkpoint?: string | null } = {},
): Promise<Performed> {
  const attempt = new RecordedAttempt(parts);
  const from = performance.now();
  const ended = await executor.execute(work, attempt.context).ended;
  return { ...ended, attempt, tookMs: performance.now() - from };
}

describeExecutor("command", {
  executor,
  succeeds: shell("echo one; echo two; echo three"),
  fails: shell("echo no such luck >&2; exit 3"),
  broken: command(["there-is-no-such-program"]),
  heeds: shell("echo ready; sleep 60"),
  heedless: shell("trap '' TERM; echo ready; while :; do sleep 0.05; done"),
  passGrace: () => Promise.resolve(),
});

describe("the outcome of a command", () => {
  const failures: readonly [string, string, string, string | null, number][] = [
    [
      "1 is transient",
      "echo a >&2; echo 'the last' >&2; echo >&2; exit 1",
      "exited with 1: the last",
      null,
      1,
    ],
    ["75 is transient", "exit 75", "exited with 75", null, 75],
    ["126 is permanent", "exit 126", "exited with 126", "permanent", 126],
    ["127 is permanent", "exit 127", "exited with 127", "permanent", 127],
  ];
  for (const [rule, line, message, permanent, exitCode] of failures) {
    it(`of exit ${rule}`, async () => {
      const ended = await perform(shell(line));
      assert.deepEqual(ended.outcome, {
        kind: "failed",
        error: { message, code: `exit-${exitCode}`, stack: null },
        permanent,
        retryAt: null,
      });
      assert.equal(ended.exitCode, exitCode);
      assert.equal(ended.signal, null);
    });
  }

  it("of a signal is transient and named", async () => {
    const { outcome, signal, exitCode } = await perform(shell("kill -9 $$"));
    assert.equal(outcome.kind, "failed");
    assert.equal(outcome.error.message, "was ended by SIGKILL");
    assert.equal(outcome.error.code, "signal-SIGKILL");
    assert.equal(outcome.permanent, null);
    assert.equal(signal, "SIGKILL");
    assert.equal(exitCode, null);
  });

  const script = join(dataDir, "not-executable.sh");
  writeFileSync(script, "#!/bin/sh\n");
  chmodSync(script, 0o600);
  const unstartable: readonly [string, CommandWork, RegExp][] = [
    [
      "a program that is not there",
      command(["no-such-program"]),
      /"no-such-program" is not there: none of PATH \(.+\) has it/,
    ],
    ["a path that is not there", command(["./nothing"]), /"\.\/nothing" is not there, seen from /],
    ["a program that may not be run", command([script]), /may not be run by this user/],
    [
      "a working folder that is not there",
      command(["true"], { cwd: "/no/such" }),
      /working folder \/no\/such is not there/,
    ],
    [
      "arguments that are too long",
      command(["true", "x".repeat(3_000_000)]),
      /too long for this system/,
    ],
    ["arguments no program can have", command(["true", "a\0b"]), /cannot be started/],
    [
      "a secret that is missing",
      command(["true"], { env: { PGPASSWORD: { secret: "PGPASSWORD" } } }),
      /secret PGPASSWORD is not set/,
    ],
  ];
  for (const [what, work, message] of unstartable) {
    it(`of ${what} is permanent`, async () => {
      const { outcome } = await perform(work);
      assert.equal(outcome.kind, "failed");
      assert.match(outcome.error.message, message);
      assert.equal(outcome.permanent, "permanent");
    });
  }
});

describe("what a command finds", () => {
  it("is the node's environment, the task's over it, and the run", async () => {
    const { attempt } = await perform(
      shell("env", { env: { SHARED: "task's", BELFRY_FENCE: "forged" } }),
      { payload: '{"a":1}', number: 3 },
    );
    const found = Object.fromEntries(
      attempt.stdout
        .split("\n")
        .map((line) => [line.split("=")[0], line.slice(line.indexOf("=") + 1)]),
    );
    delete found[""];
    const { PWD: _pwd, OLDPWD: _oldpwd, _: _underscore, SHLVL: _level, ...rest } = found;
    const checkpoint = join(dataDir, "attempts", NODE, `${attempt.context.run}-3`, "checkpoint");
    assert.deepEqual(rest, {
      PATH,
      SHARED: "task's",
      BELFRY_CONFIG: "belfry.config.ts",
      BELFRY_RUN_ID: attempt.context.run,
      BELFRY_TASK: "backup",
      BELFRY_ATTEMPT: "3",
      BELFRY_DUE_AT: "2026-11-24T02:30:00.000Z",
      BELFRY_IDEMPOTENCY_KEY: "key-1",
      BELFRY_FENCE: "7",
      BELFRY_NODE: NODE,
      BELFRY_CHECKPOINT: checkpoint,
      BELFRY_PAYLOAD: '{"a":1}',
    });
  });

  it("is its payload in a file where that is large", async () => {
    const payload = JSON.stringify("x".repeat(40_000));
    const line = 'test -z "$BELFRY_PAYLOAD" && cat "$BELFRY_PAYLOAD_FILE"';
    const { attempt } = await perform(shell(line), { payload });
    assert.equal(attempt.stdout, payload);
  });

  it("is its text on standard input, which it need not read, else nothing", async () => {
    assert.equal((await perform(command(["cat"], { stdin: "héllo" }))).attempt.stdout, "héllo");
    const large = "x".repeat(1_000_000);
    assert.equal((await perform(command(["true"], { stdin: large }))).outcome.kind, "succeeded");
    assert.equal((await perform(command(["cat"]))).outcome.kind, "succeeded");
  });

  it("is its secrets, read on the node, in variables and on standard input", async () => {
    const secret = { secret: "TOKEN" };
    const { attempt } = await perform(
      shell('cat; echo " $T"', { env: { T: secret }, stdin: secret }),
    );
    assert.equal(attempt.stdout, "the token the token\n");
  });

  it("is the checkpoint that the attempt before left", async () => {
    const line =
      'test -e "$BELFRY_CHECKPOINT" && cat "$BELFRY_CHECKPOINT"; printf "page $BELFRY_ATTEMPT" > "$BELFRY_CHECKPOINT"; exit 1';
    const first = await perform(shell(line));
    assert.equal(first.attempt.stdout, "");
    assert.equal(first.attempt.checkpoint, '"page 1"');
    const second = await perform(shell(line), { number: 2, checkpoint: first.attempt.checkpoint });
    assert.equal(second.attempt.stdout, "page 1");
    assert.equal(second.attempt.checkpoint, '"page 2"');
  });

  it("is no checkpoint of more than 1 MiB, and the log says so", async () => {
    const line = 'head -c 1048577 /dev/zero > "$BELFRY_CHECKPOINT"';
    const { attempt } = await perform(shell(line), { checkpoint: '"old"' });
    assert.equal(attempt.checkpoint, '"old"');
    assert.match(attempt.heard.join(), /log:warn:the checkpoint has 1048577 bytes/);
  });

  it("leaves no file behind", async () => {
    await perform(shell('echo x > "$BELFRY_CHECKPOINT"'));
    assert.deepEqual(readdirSync(join(dataDir, "attempts", NODE)), ["pipes"]);
  });
});

describe("the output of a command", () => {
  it("is carried out where it is a directive, and shown where it is none we know", async () => {
    const { attempt } = await perform(
      shell(
        "echo a; echo '::belfry report rows=5'; echo '::belfry progress 3/9 files'; echo '::belfry dance'; echo z",
      ),
    );
    assert.equal(attempt.stdout, "a\nz\n");
    assert.deepEqual(attempt.figures, { rows: 5 });
    const said = attempt.heard.filter((what) => !what.startsWith("out:"));
    assert.deepEqual(said, [
      'report:{"rows":5}',
      "progress:3/9 files",
      "log:warn:not understood: ::belfry dance",
    ]);
  });

  it("may be opened by name, as under cron", async () => {
    const { attempt, outcome } = await perform(shell("echo a > /dev/stdout; echo b > /dev/stderr"));
    assert.deepEqual([outcome.kind, attempt.stdout, attempt.stderr], ["succeeded", "a\n", "b\n"]);
  });

  it("may be as large as it likes", async () => {
    const attempt = new RecordedAttempt();
    let bytes = 0;
    const services = Object.assign(attempt, {
      output: (_stream: "stdout" | "stderr", chunk: Uint8Array): void => {
        bytes += chunk.length;
      },
    });
    const write = (size: string): Promise<Ended> =>
      executor.execute(
        shell(`yes 'a line of ordinary output' | head -c ${size}; head -c 64M /dev/zero >&2`),
        { ...attempt.context, services },
      ).ended;
    // Until here the heap grows to what garbage it lets gather, whatever comes later.
    await write("192M");
    bytes = 0;
    const before = process.memoryUsage().rss;
    let peak = before;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().rss);
    }, 20);
    const { outcome } = await write("1G");
    clearInterval(watch);
    assert.equal(outcome.kind, "succeeded");
    assert.equal(bytes, (1024 + 64) * 2 ** 20);
    const grownBy = (peak - before) / 2 ** 20;
    assert.ok(grownBy < 50, `grew by ${grownBy.toFixed()} MiB`);
  });
});

describe("what a command leaves behind", () => {
  it("is ended where it holds the output open, once it has been silent for the grace", async () => {
    const { outcome, attempt, tookMs } = await perform(shell("sleep 60 & echo done"));
    assert.equal(outcome.kind, "succeeded");
    assert.equal(attempt.stdout, "done\n");
    assert.ok(tookMs < 3_000, `${tookMs} ms`);
    assert.match(attempt.heard.at(-1) ?? "", /1 process outlived the command and had to be ended/);
    assert.deepEqual(markedProcesses(NODE), []);
  });

  it("may finish what it writes", async () => {
    const line = "(for i in 1 2 3 4; do sleep 0.1; echo $i; done) & echo 0";
    const { attempt } = await perform(shell(line));
    assert.equal(attempt.stdout, "0\n1\n2\n3\n4\n");
    assert.equal(attempt.lines.length, 0);
  });

  it("is ended where it has become a daemon: other session, no output, no parent", async () => {
    const { outcome, attempt, tookMs } = await perform(
      shell(
        "setsid sh -c 'trap \"\" TERM; sleep 60 & sleep 61' < /dev/null > /dev/null 2>&1 & sleep 0.1",
      ),
    );
    assert.equal(outcome.kind, "succeeded");
    assert.match(attempt.heard.at(-1) ?? "", /3 processes outlived the command/);
    assert.deepEqual(markedProcesses(NODE), []);
    assert.ok(tookMs < 3_000, `${tookMs} ms`);
  });

  it("of one attempt is not what another attempt runs", async () => {
    const other = new RecordedAttempt({ number: 2 });
    const running = executor.execute(shell("echo ready; sleep 60"), other.context);
    await other.hears("ready");
    await perform(shell("sleep 60 & echo done"));
    assert.equal(
      markedProcesses(NODE).every((one) => one.attempt === "2"),
      true,
    );
    assert.notDeepEqual(markedProcesses(NODE), []);
    running.stop("cancelled");
    await running.ended;
  });
});

describe("a command that is told to end", () => {
  it("leaves nothing of its tree, whatever that ignores and wherever it went", async () => {
    const attempt = new RecordedAttempt();
    const line =
      "trap '' TERM; setsid sh -c 'trap \"\" TERM; echo ready; sleep 60' & sh -c 'sleep 61' & wait; wait";
    const execution = executor.execute(shell(line), attempt.context);
    await attempt.hears("ready");
    execution.stop("timeout");
    assert.deepEqual((await execution.ended).outcome, { kind: "timed-out", limit: "timeout" });
    assert.deepEqual(markedProcesses(NODE), []);
  });

  it("has the whole grace for its programs, though a shell in front of them ends at once", async () => {
    const attempt = new RecordedAttempt();
    const tidying =
      "trap 'sleep 0.15; echo tidied; exit' TERM; echo ready; while :; do sleep 0.01; done";
    const execution = executor.execute(shell(`sh -c "${tidying}" >&2; true`), attempt.context);
    await attempt.hears("ready");
    execution.stop("interrupted");
    const { outcome, signal } = await execution.ended;
    assert.deepEqual(outcome, { kind: "interrupted" });
    assert.equal(signal, "SIGTERM");
    assert.match(attempt.stderr, /tidied/);
  });

  it("has ended as told even where it exits with 0", async () => {
    const attempt = new RecordedAttempt();
    const line = "trap 'exit 0' TERM; echo ready; while :; do sleep 0.01; done";
    const execution = executor.execute(shell(line), attempt.context);
    await attempt.hears("ready");
    execution.stop("cancelled");
    assert.deepEqual(await execution.ended, {
      outcome: { kind: "cancelled" },
      exitCode: 0,
      signal: null,
    });
  });
});
