import { type ExecFileException, execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { systemClock } from "../clocks/system.ts";
import type { Mutation } from "./mutation.ts";
import { MUTATIONS } from "./mutations.ts";

/*
 * npm run mutate [-- --seeds N] [--only WORDS | --only postgres]
 *
 * Takes one guard after the other out of a copy of the source, and holds that the simulation or
 * a suite goes red for each: for those of PostgreSQL, one on a real server. Ends with 1 where something
 * stays green, or where there is no server.
 */

const { values } = parseArgs({
  options: { seeds: { type: "string", default: "200" }, only: { type: "string", default: "" } },
});

const ROOT = join(import.meta.dirname, "../../../..");

/** Many short seeds find what is broken for good sooner than few long ones. */
const MINUTES = "15";
const SIMULATION = "packages/belfry/src/testing/simulate-cli.ts";
const SUITES = [
  "stores/sqlite/store.test.ts",
  "core/plan.test.ts",
  "core/incident.test.ts",
  "engine/engine.test.ts",
  "engine/dispatcher.test.ts",
  "engine/reconciler.test.ts",
  "engine/reaper.test.ts",
  "engine/alerter.test.ts",
  "testing/simulation/long-world.test.ts",
];

const POSTGRES_SUITES = [
  "hot",
  "store",
  "races",
  "transaction",
  "gatherer",
  "lease",
  "identity",
  "schema",
  "lines",
  "floor",
  "wake-ups",
].map((name) => `stores/postgres/${name}.test.ts`);

interface Verdict {
  readonly mutation: Mutation;
  readonly simulation: string;
  readonly suites: string;
  readonly noticed: "by the simulation" | "by a suite alone" | "by nobody" | "its text is gone";
}

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const copy = await mkdtemp(join(tmpdir(), "belfry-mutate-"));
try {
  await copySource();
  const began = systemClock.monotonic();
  const verdicts: Verdict[] = [];
  for (const mutation of MUTATIONS.filter(isMeant)) {
    const verdict = await judge(mutation);
    verdicts.push(verdict);
    const { simulation, suites, noticed } = verdict;
    say(`${mutation.name.padEnd(58)} ${simulation.padEnd(34)} ${suites.padEnd(12)} ${noticed}`);
  }
  const missed = verdicts.filter(
    ({ noticed }) => noticed === "by nobody" || noticed === "its text is gone",
  );
  const seconds = ((systemClock.monotonic() - began) / 1000).toFixed(0);
  say(`${verdicts.length} mutations in ${seconds} s, ${missed.length} not noticed`);
  process.exitCode = missed.length > 0 ? 1 : 0;
} finally {
  await rm(copy, { recursive: true, force: true });
}

function isMeant({ name, watch }: Mutation): boolean {
  return name.includes(values.only) || watch === values.only;
}

async function copySource(): Promise<void> {
  for (const part of ["package.json", "packages/schedule", "packages/belfry"]) {
    await cp(join(ROOT, part), join(copy, part), { recursive: true });
  }
  await symlink(join(ROOT, "node_modules"), join(copy, "node_modules"));
}

async function judge(mutation: Mutation): Promise<Verdict> {
  const path = join(copy, "packages/belfry/src", mutation.file);
  const source = await readFile(path, "utf8");
  if (!source.includes(mutation.text)) {
    return { mutation, simulation: "", suites: "", noticed: "its text is gone" };
  }
  await writeFile(
    path,
    source.replace(mutation.text, () => mutation.replacement),
  );
  try {
    const onServer = mutation.watch === "postgres";
    const simulation = onServer ? "" : await simulate();
    const suites = await runSuites(onServer ? POSTGRES_SUITES : SUITES);
    const noticed = simulation.startsWith("seed")
      ? "by the simulation"
      : suites === "red"
        ? "by a suite alone"
        : "by nobody";
    return { mutation, simulation, suites, noticed };
  } finally {
    await writeFile(path, source);
  }
}

/** `green`, or which seed went red, and why; `died` proves nothing: something else went wrong. */
async function simulate(): Promise<string> {
  const { code, output } = await node([
    ...[SIMULATION, "--seeds", values.seeds, "--minutes", MINUTES],
    ...["--until", "failure"],
  ]);
  if (code === 0) return "green";
  const [, seed, why] = /^seed (\d+) failed: ([^:]*)/m.exec(output) ?? [];
  return seed === undefined ? "died" : `seed ${seed}: ${why}`;
}

/** One after the other: the first that goes red is enough. */
async function runSuites(suites: readonly string[]): Promise<"green" | "red"> {
  for (const suite of suites) {
    if ((await node(["--test", join("packages/belfry/src", suite)])).code !== 0) return "red";
  }
  return "green";
}

function node(
  args: readonly string[],
): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve) => {
    const options = { cwd: copy, maxBuffer: 1 << 28 };
    execFile(process.execPath, args, options, (error: ExecFileException | null, output) => {
      resolve({ code: error === null ? 0 : 1, output });
    });
  });
}
