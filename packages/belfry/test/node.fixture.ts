import { appendFileSync } from "node:fs";
import { command, type Duration, every, openBelfry, shell, type Task, task } from "../src/index.ts";

// A node as a process of its own, for tests that kill and stop it. Its arguments are a JSON object;
// it says what happens as JSON lines. The effects file is the witness that the store is judged by.

export type Scene = "commands" | "functions" | "limited" | "blocking" | "rude";

export interface NodeArguments {
  readonly store: string;
  readonly effects: string;
  readonly scene: Scene;
  /** How many tasks there are, or how long they take, as the scene says. */
  readonly size?: number;
  readonly lease?: Duration;
  readonly concurrency?: number;
}

const {
  store,
  effects,
  scene,
  size = 20,
  concurrency,
  lease,
}: NodeArguments = JSON.parse(process.argv[2] ?? "{}");

/** A shell line that witnesses its start and its end, and lives for a while in between. */
function witness(seconds: number): ReturnType<typeof shell> {
  const say = (what: string): string =>
    `echo "${what} $BELFRY_RUN_ID $BELFRY_ATTEMPT $BELFRY_FENCE $$" >> "$EFFECTS"`;
  return shell(`${say("start")}; sleep ${seconds}; ${say("end")}`, { env: { EFFECTS: effects } });
}

const SCENES: Readonly<Record<Scene, () => readonly Task[]>> = {
  /** Commands each second, half of them at most once, with children that outlive a killed node. */
  commands: () =>
    Array.from({ length: size }, (_, index) =>
      task(`command-${index}`, {
        schedule: every("1s"),
        catchUp: "none",
        startWithin: "unlimited",
        overlap: "queue",
        delivery: index % 2 === 0 ? "at-least-once" : "at-most-once",
        run: witness(0.3 + (index % 5) / 10),
      }),
    ),
  /** Slow functions that write when they end: a stopped node wakes with stale results. */
  functions: () => [
    task("slow", {
      concurrency: "unlimited",
      run: async (ctx) => {
        const { id, attempt, fence } = ctx.run;
        appendFileSync(effects, `start ${id} ${attempt} ${fence} ${process.pid}\n`);
        await new Promise((resolve) => setTimeout(resolve, size));
        appendFileSync(effects, `end ${id} ${attempt} ${fence} ${process.pid}\n`);
        return attempt;
      },
    }),
  ],
  /** One at a time, across all nodes. */
  limited: () => [
    task("limited", {
      run: async (ctx) => {
        const { id, attempt, fence } = ctx.run;
        appendFileSync(effects, `start ${id} ${attempt} ${fence} ${process.pid}\n`);
        await new Promise((resolve) => setTimeout(resolve, 1));
        appendFileSync(effects, `end ${id} ${attempt} ${fence} ${process.pid}\n`);
      },
    }),
  ],
  /** One task blocks the event loop, others wait for it or do not need it. */
  blocking: () => [
    task("blocker", {
      run: (ctx) => {
        appendFileSync(effects, `start ${ctx.run.id} ${ctx.run.attempt}\n`);
        const until = performance.now() + size;
        while (performance.now() < until);
        appendFileSync(effects, `end ${ctx.run.id} ${ctx.run.attempt}\n`);
      },
    }),
    task("ticker", { schedule: every("1s"), run: () => {} }),
  ],
  /** Ten programs that are missing, deaf, talkative or run away, and a good one beside them. */
  rude: () => [
    task("missing", { run: command(["/no/such/program"]) }),
    task("deaf", { timeout: "1s", run: shell("trap '' TERM; while :; do sleep 0.1; done") }),
    task("talkative", { run: shell("yes belfry | head -c 1073741824") }),
    task("daemon", { run: shell("setsid sleep 86399 >/dev/null 2>&1 & exit 0") }),
    task("good", { schedule: every("1s"), run: shell("echo fine") }),
  ],
};

const belfry = await openBelfry({
  store: `sqlite:${store}`,
  name: scene,
  tasks: SCENES[scene](),
  node: { concurrency, lease },
});
belfry.on((event) => {
  const { error, ...rest } = { error: undefined, ...event };
  const line = { ...rest, ...(error === undefined ? {} : { error: String(error) }) };
  process.stdout.write(`${JSON.stringify({ at: Date.now(), ...line })}\n`);
});
process.on("SIGTERM", () => {
  void belfry[Symbol.asyncDispose]().then(() => process.exit(0));
});
await belfry.start();
