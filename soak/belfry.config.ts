import { setTimeout as sleep } from "node:timers/promises";
import { type ConfigOptions, defineConfig, every, shell, type Task, task } from "belfry";
import { z } from "zod";

// What a soak's nodes run: quick functions in numbers, and one task of each kind that goes wrong.

const { SOAK_STORE = "sqlite:.belfry/belfry.db", SOAK_EFFECTS = "effects" } = process.env;
const QUICK = Number(process.env["SOAK_QUICK"] ?? 100);
const LEASE_MS = Number(process.env["SOAK_LEASE_MS"] ?? 6_000);
const HISTORY_MINUTES = Number(process.env["SOAK_HISTORY_MINUTES"] ?? 10);

const quick: readonly Task[] = Array.from({ length: QUICK }, (_, index) =>
  task(`quick-${index}`, {
    schedule: every("1s", { anchor: new Date(index * 10) }),
    catchUp: "none",
    run: async (ctx) => {
      await sleep(index % 20);
      ctx.report({ index });
    },
  }),
);

const WHO = "$BELFRY_RUN_ID $BELFRY_ATTEMPT $BELFRY_FENCE";

/** Writes down its start and end where no fault of the store's disk reaches. */
const witness = (name: string, seconds: number): Task =>
  task(name, {
    schedule: every("5s"),
    catchUp: "all",
    overlap: "queue",
    retry: { attempts: 5, wait: "1s" },
    run: shell(`echo "start ${WHO}" >> "$E"; sleep ${seconds}; echo "end ${WHO}" >> "$E"`, {
      env: { E: SOAK_EFFECTS },
    }),
  });

/** For a while that no two runs share; one in ten fails. */
async function work(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(Math.random() * ms, undefined, { signal });
  if (Math.random() < 0.1) throw new Error("one in ten");
}

/** Comes due each second at its gate, and is as much as fits through it on average. */
const gated = (overlap: "skip" | "queue" | "replace", limit: number): Task =>
  task(`gate-${overlap}-${limit}`, {
    schedule: every("1s"),
    concurrency: limit,
    overlap,
    jitter: overlap === "skip" ? "500ms" : "none",
    retry: { attempts: 3, wait: "500ms" },
    run: (ctx) => work(limit * 1_500, ctx.signal),
  });

const config: ConfigOptions = defineConfig({
  name: "soak",
  store: SOAK_STORE,
  retention: { history: `${HISTORY_MINUTES}m`, logs: "1d" },
  node: { lease: `${LEASE_MS}ms`, concurrency: 200 },
  tasks: [
    ...quick,
    witness("witness-quick", 0.1),
    witness("witness-slow", 2),
    task("witness-once", {
      schedule: every("3s"),
      delivery: "at-most-once",
      run: shell(`echo "start ${WHO}" >> "$E"; sleep 1; echo "end ${WHO}" >> "$E"`, {
        env: { E: SOAK_EFFECTS },
      }),
    }),
    ...(["skip", "queue", "replace"] as const).flatMap((overlap) => [
      gated(overlap, 1),
      gated(overlap, 3),
    ]),
    task("gate-of-customer", {
      payload: z.object({ customer: z.number() }),
      concurrency: { limit: 1, by: "customer" },
      retry: { attempts: 3, wait: "500ms" },
      run: (ctx) => work(1_000, ctx.signal),
    }),
    task("talker", {
      schedule: every("2s"),
      run: async (ctx) => {
        for (let line = 0; line < 50; line++) ctx.log.info("as much as people print", { line });
      },
    }),
    task("flaky", {
      schedule: every("3s"),
      retry: { attempts: 3, wait: "1s" },
      run: async (ctx) => {
        if (ctx.run.attempt < 3) throw new Error("not yet");
      },
    }),
    task("failing", { schedule: every("7s"), retry: 1, run: shell("echo no >&2; exit 1") }),
    task("deaf", { schedule: every("20s"), timeout: "2s", run: shell("trap '' TERM; sleep 600") }),
  ],
});

export default config;
