import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type ConfigOptions, defineConfig, every, type Task, task } from "belfry";
import { z } from "zod";
import { noteTo } from "./note.ts";

// What a fleet runs whose limits are tried: three in four of the occurrences find their gate full.

const { CHAOS_STORE = "", CHAOS_EFFECTS = "effects", CHAOS_LIMIT_FILE = "" } = process.env;
const LEASE_MS = Number(process.env["CHAOS_LEASE_MS"] ?? 6_000);
const EACH = Number(process.env["CHAOS_GATED"] ?? 15);
const LIMIT = Number(readFileSync(CHAOS_LIMIT_FILE, "utf8"));

const note = noteTo(CHAOS_EFFECTS);

interface Attempt {
  readonly run: { readonly id: string; readonly attempt: number; readonly fence: number };
  readonly signal: AbortSignal;
}

/** For a while that no two runs share; one in ten fails. */
async function work(ms: number, { run, signal }: Attempt): Promise<void> {
  const { id, attempt, fence } = run;
  await note(`start ${id} ${attempt} ${fence}`);
  await sleep(Math.random() * ms, undefined, { signal });
  if (Math.random() < 0.1) throw new Error("one in ten");
  await note(`end ${id} ${attempt} ${fence}`);
}

const RETRY = { attempts: 3, wait: "300ms" } as const;

/** As much as goes through its gate where it queues; more than that where it need not run. */
const gated = (overlap: "skip" | "queue" | "replace", index: number): Task =>
  task(`witness-${overlap}-${index}`, {
    schedule: every("1s", { anchor: new Date(index * 37) }),
    concurrency: LIMIT,
    overlap,
    jitter: overlap === "skip" && index % 2 === 0 ? "300ms" : "none",
    retry: RETRY,
    run: (ctx) => work(overlap === "queue" ? 900 : 2_500, ctx),
  });

const config: ConfigOptions = defineConfig({
  name: "limits",
  store: CHAOS_STORE,
  node: { lease: `${LEASE_MS}ms`, concurrency: 200 },
  tasks: [
    ...(["skip", "queue", "replace"] as const).flatMap((overlap) =>
      Array.from({ length: EACH }, (_, index) => gated(overlap, index)),
    ),
    ...Array.from({ length: Math.ceil(EACH / 3) }, (_, index) =>
      task(`witness-keyed-${index}`, {
        payload: z.object({ customer: z.number() }),
        concurrency: { limit: 1, by: "customer" },
        retry: RETRY,
        run: (ctx) => work(900, ctx),
      }),
    ),
    // Behind all those there is always room for these.
    ...Array.from({ length: EACH }, (_, index) =>
      task(`witness-free-${index}`, {
        schedule: every("1s", { anchor: new Date(index * 53) }),
        concurrency: "unlimited",
        catchUp: "all",
        retry: RETRY,
        run: (ctx) => work(100, ctx),
      }),
    ),
  ],
});

export default config;
