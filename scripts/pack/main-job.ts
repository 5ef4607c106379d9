import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const TASKS = `import { every, shell, task } from "belfry";

export const tick = task("tick", {
  schedule: every("1s"),
  run: (ctx) => ctx.log.info(\`due at \${ctx.dueAt.toISOString()}\`),
});
export const tock = task("tock", { schedule: every("1s"), run: shell("echo done by a command") });
`;

/** A program that is JavaScript and TypeScript, and a test of all that its types promise. */
export const PROGRAM = `import assert from "node:assert/strict";
import { command, cron, defineConfig, openBelfry, PermanentError, secret, task } from "belfry";
import { simulate } from "belfry/testing";
import { parse } from "@belfry/schedule";
import { z } from "zod";

const billing = task("billing", {
  payload: z.object({ customer: z.number() }),
  run: (ctx) => ({ invoiced: ctx.payload.customer }),
});
const refused = task("refused", { run: () => { throw new PermanentError("no"); } });
const backup = task("backup", {
  schedule: cron("0 3 * * *", { timeZone: "Europe/London" }),
  run: command(["true"], { env: { PASSWORD: secret("PASSWORD") } }),
});
defineConfig({ tasks: [backup] });

{
  await using belfry = await openBelfry({ store: "sqlite:program.db", tasks: [billing, refused] });
  await belfry.start();
  const run = await belfry.trigger(billing, { payload: { customer: 7 } });
  assert.deepEqual(await run.finished(), { state: "succeeded", result: { invoiced: 7 } });
  const end = await (await belfry.trigger(refused)).finished();
  assert.equal(end.state === "failed" && end.error?.message, "no");
  for await (const { task, dueAt } of belfry.runs.list({ task: "billing" })) {
    assert.equal(task, "billing");
    assert.ok(dueAt.getTime() > 0);
  }
}
{
  await using world = await simulate({
    tasks: [backup],
    from: "2026-03-28T00:00:00Z",
    commands: () => 0,
  });
  await world.advance("2d");
  assert.equal(world.runs("backup").length, 2);
}
assert.ok(parse("0 3 * * *").next(0));
console.log("done");
`;

/**
 * Does in a folder that has belfry installed what everybody does: starts a project, runs a node
 * until each task ran, asks about it, and uses the library from a program.
 *
 * @param node the Node.js to do it with.
 */
export async function mainJob(folder: string, node: string): Promise<void> {
  const bin = join(folder, "node_modules/belfry/bin/belfry.js");
  const options = { cwd: folder, encoding: "utf8", env: environment() } as const;
  const belfry = (...args: readonly string[]): string => {
    const { status, stdout, stderr } = spawnSync(node, [bin, ...args], options);
    assert.equal(status, 0, `belfry ${args.join(" ")} exits ${status}:\n${stdout}${stderr}`);
    return stdout;
  };
  assert.match(belfry("--version"), /^\d+\.\d+\.\d+\n$/);
  belfry("init");
  mkdirSync(join(folder, "tasks"), { recursive: true });
  writeFileSync(join(folder, "tasks/tick.ts"), TASKS);

  const up = spawn(node, [bin, "up", "--json"], { cwd: folder, env: environment() });
  await ranBoth(up);
  assert.match(belfry("nodes"), /1/);
  assert.match(belfry("show", "tick"), /every second/i);
  // Not of the latest: it may have begun this moment.
  const [over] = JSON.parse(belfry("runs", "--task", "tock", "--state", "succeeded", "--json"));
  assert.match(belfry("logs", over.id), /done by a command/);
  const gone = once(up, "exit");
  up.kill("SIGTERM");
  assert.deepEqual(await gone, [0, null], "a node ends in order");

  const runs: readonly { task: string; state: string }[] = JSON.parse(belfry("runs", "--json"));
  for (const task of ["tick", "tock"]) {
    const ended = runs.filter((run) => run.task === task && run.state === "succeeded");
    assert.ok(ended.length > 0, `${task} did not run`);
  }
  const did = spawnSync(node, [bin, "did", "tick", "--json"], options);
  assert.ok(JSON.parse(did.stdout).succeeded > 0, did.stderr);

  for (const name of ["program.mjs", "program.ts"]) {
    writeFileSync(join(folder, name), PROGRAM);
    const { status, stdout, stderr } = spawnSync(node, [name], { ...options, timeout: 30_000 });
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "done\n", stderr: "" }, name);
  }
}

/** Nothing of the npm or the test runner that this runs under. */
function environment(): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env;
  return { PATH, HOME, NO_COLOR: "1" };
}

async function ranBoth(up: ChildProcess): Promise<void> {
  const told: string[] = [];
  const missing = new Set(["tick", "tock"]);
  const both = Promise.withResolvers<void>();
  const hear = (chunk: unknown): void => {
    told.push(String(chunk));
    for (const task of missing) {
      if (new RegExp(`"ended",[^\n]*"task":"${task}"[^\n]*"succeeded"`).test(told.join(""))) {
        missing.delete(task);
      }
    }
    if (missing.size === 0) both.resolve();
  };
  up.stdout?.on("data", hear);
  up.stderr?.on("data", hear);
  const deadline = setTimeout(
    () => both.reject(new Error(`no run yet:\n${told.join("")}`)),
    30_000,
  );
  up.once("exit", (code) => both.reject(new Error(`belfry up exits ${code}:\n${told.join("")}`)));
  await both.promise.finally(() => clearTimeout(deadline));
}
