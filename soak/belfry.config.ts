import { setTimeout as sleep } from "node:timers/promises";
import { type ConfigOptions, defineConfig, every, shell, type Task, task } from "belfry";

// What a soak's nodes run: quick functions in numbers, and one task of each kind that goes wrong.

const { SOAK_STORE = ".belfry/belfry.db", SOAK_EFFECTS = "effects" } = process.env;
const QUICK = Number(process.env["SOAK_QUICK"] ?? 100);

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

/** Writes down its start and end where no fault of the store's disk reaches. */
const witness = (name: string, seconds: number): Task =>
  task(name, {
    schedule: every("5s"),
    catchUp: "all",
    overlap: "queue",
    retry: { attempts: 5, wait: "1s" },
    run: shell(
      `echo "start $BELFRY_RUN_ID $BELFRY_ATTEMPT" >> "$E"; sleep ${seconds}; echo "end $BELFRY_RUN_ID $BELFRY_ATTEMPT" >> "$E"`,
      { env: { E: SOAK_EFFECTS } },
    ),
  });

const config: ConfigOptions = defineConfig({
  name: "soak",
  store: `sqlite:${SOAK_STORE}`,
  retention: { history: "10m", logs: "1d" },
  node: { lease: "6s", concurrency: 200 },
  tasks: [
    ...quick,
    witness("witness-quick", 0.1),
    witness("witness-slow", 2),
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
