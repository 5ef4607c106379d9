import { setTimeout as sleep } from "node:timers/promises";
import { type ConfigOptions, defineConfig, every, shell, type Task, task } from "belfry";
import { z } from "zod";
import { noteTo } from "./note.ts";

// What a fleet under chaos runs: so many occurrences a second, each of which writes down beside the
// store what it does, durably; and commands, which live on while the store is away.

const { CHAOS_STORE = "", CHAOS_EFFECTS = "effects" } = process.env;
const RATE = Number(process.env["CHAOS_RATE"] ?? 200);
const LEASE_MS = Number(process.env["CHAOS_LEASE_MS"] ?? 6_000);
const WORK_MS = Number(process.env["CHAOS_WORK_MS"] ?? 300);
const CHILD_MS = Number(process.env["CHAOS_CHILD_MS"] ?? 1_000);

const note = noteTo(CHAOS_EFFECTS);

/** Everything that comes due runs, however late, and through a gate with room enough. */
const POLICY = {
  catchUp: "all",
  concurrency: 1_000,
  retry: { attempts: 10, wait: "200ms" },
} as const;

/** The checkpoint bears the fence under which it is written, so that a stale one can be told. */
const witness = (name: string, offsetMs: number): Task =>
  task(name, {
    schedule: every("1s", { anchor: new Date(offsetMs) }),
    ...POLICY,
    checkpoint: z.number(),
    async run(ctx) {
      const { id, attempt, fence } = ctx.run;
      await note(`start ${id} ${attempt} ${fence}`);
      await ctx.checkpoint(fence);
      await sleep(Math.random() * WORK_MS);
      await note(`end ${id} ${attempt} ${fence}`);
    },
  });

const SAY = '"$BELFRY_RUN_ID $BELFRY_ATTEMPT $BELFRY_FENCE" >> "$E"';
const child = shell(
  `printf 'start %s\\n' ${SAY}; sleep ${CHILD_MS / 1_000}; printf 'end %s\\n' ${SAY}`,
  { env: { E: CHAOS_EFFECTS } },
);

const config: ConfigOptions = defineConfig({
  name: "chaos",
  store: CHAOS_STORE,
  node: { lease: `${LEASE_MS}ms`, concurrency: 300 },
  tasks: [
    ...Array.from({ length: RATE }, (_, index) =>
      witness(`witness-${index}`, Math.round((index * 1_000) / RATE)),
    ),
    task("witness-child", {
      schedule: every("1s"),
      ...POLICY,
      run: child,
    }),
    task("witness-once", {
      schedule: every("1s"),
      ...POLICY,
      delivery: "at-most-once",
      run: child,
    }),
  ],
});

export default config;
