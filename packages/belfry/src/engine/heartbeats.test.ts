import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "../clocks/virtual.ts";
import type { FinalState, RunState } from "../core/run.ts";
import type { Beat, HeartbeatTarget } from "../heartbeat.ts";
import type { LogPage } from "../log.ts";
import type { EndedRun } from "../outbox.ts";
import type { RunRow } from "../records.ts";
import { definition, NOON } from "../stores/store.fixture.ts";
import type { CarriedTask } from "./catalogue.ts";
import { Heartbeats } from "./heartbeats.ts";

const target: HeartbeatTarget = {
  kind: "healthchecks",
  host: "hc.example",
  resolve: () => ({ kind: "healthchecks", url: new URL("https://hc.example/ping/x") }),
};
const task: CarriedTask = {
  definition: definition("backup"),
  hash: "h",
  work: { kind: "function" },
  heartbeat: target,
};

function ended(run: string, over: Partial<EndedRun> = {}): EndedRun {
  return {
    run,
    state: "succeeded",
    reason: null,
    trigger: { kind: "schedule", by: "default" },
    node: "n1",
    dueAt: NOON,
    attempt: 1,
    startedAt: NOON,
    endedAt: NOON + 1_500,
    exitCode: 0,
    signal: null,
    logBytes: 0,
    ...over,
  };
}

const quiet = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const never = new AbortController().signal;

/** Heartbeats to a watcher that hears when it is let. */
class Scene {
  readonly clock = new VirtualClock(NOON);
  /** What was heard, in order: `start a`, `success a`, `success -` where it names no run. */
  readonly heard: string[] = [];
  readonly beats: Beat[] = [];
  readonly tails: string[] = [];
  readonly states = new Map<string, RunState>();
  error: string | null = null;
  lines: readonly string[] = [];
  logsFail = false;
  hear: (beat: Beat, signal: AbortSignal) => Promise<void> = () => Promise.resolve();
  readonly heartbeats = new Heartbeats({
    clock: this.clock,
    node: null,
    heart: {
      beat: async (_target, beat, signal) => {
        this.beats.push(beat);
        await this.hear(beat, signal);
        this.tails.push(await beat.tail(100));
        this.heard.push(`${beat.event} ${beat.run ?? "-"}`);
      },
    },
    store: { run: async (run) => this.#row(run) },
    logs: {
      read: async (): Promise<LogPage> => {
        if (this.logsFail) throw new Error("no logs");
        return {
          cursor: null,
          lines: this.lines.map((text) => {
            return { at: 0, attempt: 1, stream: "stdout", level: null, text, fields: null };
          }),
        };
      },
    },
    flush: async () => {},
  });
  readonly #outlets = this.heartbeats.outlets();

  start(run: string): void {
    this.states.set(run, "running");
    this.#outlets.start?.(task, run);
  }

  /** A run's end, as the outbox hands it out. */
  async end(run: string, over: Partial<EndedRun> = {}, signal = never): Promise<void> {
    this.states.set(run, over.state ?? "succeeded");
    await this.#outlets.beat?.(task, ended(run, over), signal);
  }

  async pass(ms: number): Promise<void> {
    const until = this.clock.now() + ms;
    do await quiet();
    while (this.clock.wakeNext(until));
  }

  #row(run: string): Pick<RunRow, "state" | "error"> | null {
    const state = this.states.get(run);
    if (state === undefined) return null;
    const error = this.error === null ? null : { message: this.error, code: null, stack: null };
    return { state, error };
  }
}

describe("a run's start", () => {
  it("is told at once, and its end with the same id", async () => {
    const scene = new Scene();
    scene.start("a");
    await scene.pass(0);
    await scene.end("a");
    assert.deepEqual(scene.heard, ["start a", "success a"]);
    const { durationMs, exitCode } = scene.beats[1] ?? {};
    assert.deepEqual([durationMs, exitCode], [1_500, 0]);
  });

  it("never arrives after the end: the end waits for one that is on its way", async () => {
    const scene = new Scene();
    const gate = Promise.withResolvers<void>();
    scene.hear = ({ event }) => (event === "start" ? gate.promise : Promise.resolve());
    scene.start("a");
    await scene.pass(0);
    const end = scene.end("a");
    await scene.pass(1_000);
    assert.deepEqual(scene.heard, []);
    gate.resolve();
    await end;
    assert.deepEqual(scene.heard, ["start a", "success a"]);
  });

  it("is given up after five seconds, and then its end bears no id that waits for another", async () => {
    const scene = new Scene();
    scene.hear = ({ event }, signal) =>
      event === "start"
        ? new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error())))
        : Promise.resolve();
    scene.start("a");
    await scene.pass(0);
    const end = scene.end("a");
    await scene.pass(5_000);
    await end;
    assert.deepEqual(scene.heard, ["success -"]);
  });

  it("is not told any more once the run has ended", async () => {
    const scene = new Scene();
    const gate = Promise.withResolvers<void>();
    scene.hear = ({ event }) => (event === "start" ? gate.promise : Promise.resolve());
    for (let index = 0; index < 20; index += 1) {
      const other = { ...task, definition: definition(`task-${index}`) };
      scene.heartbeats.outlets().start?.(other, `other-${index}`);
    }
    scene.start("a");
    await scene.pass(0);
    await scene.end("a");
    gate.resolve();
    await scene.pass(0);
    assert.equal(scene.heard.includes("start a"), false);
    assert.equal(scene.heard.length, 21);
  });

  it("that fails is not tried again, and fails nothing", async () => {
    const scene = new Scene();
    scene.hear = ({ event }) =>
      event === "start" ? Promise.reject(new Error("away")) : Promise.resolve();
    scene.start("a");
    await scene.pass(60_000);
    await scene.end("a");
    assert.equal(scene.beats.length, 2);
    assert.deepEqual(scene.heard, ["success -"]);
  });
});

describe("a run's end", () => {
  it("closes whatever is open where an end before it was superseded", async () => {
    const scene = new Scene();
    scene.start("a");
    await scene.pass(0);
    scene.states.set("a", "succeeded");
    scene.start("b");
    await scene.pass(0);
    await scene.end("b");
    scene.start("c");
    await scene.pass(0);
    await scene.end("c");
    assert.deepEqual(scene.heard, ["start a", "start b", "success -", "start c", "success c"]);
  });

  it("leaves the start of another run alone that still runs", async () => {
    const scene = new Scene();
    scene.start("a");
    scene.start("b");
    await scene.pass(0);
    await scene.end("a");
    await scene.end("b", { state: "failed", exitCode: 2 });
    assert.deepEqual(scene.heard, ["start a", "start b", "success a", "fail b"]);
    assert.equal(scene.beats[3]?.exitCode, 2);
  });

  it("is told again with the same id where it was not heard", async () => {
    const scene = new Scene();
    scene.start("a");
    await scene.pass(0);
    scene.hear = () => Promise.reject(new Error("away"));
    await assert.rejects(scene.end("a"), /away/);
    scene.hear = () => Promise.resolve();
    await scene.end("a");
    assert.deepEqual(scene.heard, ["start a", "success a"]);
  });

  it("comes with what the run printed last, and the error of one that failed in silence", async () => {
    const scene = new Scene();
    const failed: { state: FinalState; logBytes: number } = { state: "failed", logBytes: 9 };
    scene.lines = ["copying", "no space"];
    scene.error = "no space";
    await scene.end("a", failed);
    scene.error = "Error: it broke";
    await scene.end("b", failed);
    await scene.end("c", { state: "failed" });
    await scene.end("d", { logBytes: 9 });
    scene.logsFail = true;
    await scene.end("e", failed);
    assert.deepEqual(scene.tails, [
      "copying\nno space",
      "copying\nno space\nError: it broke",
      "Error: it broke",
      "copying\nno space",
      "",
    ]);
  });

  it("waits its turn where a task ends more often than once a second", async () => {
    const scene = new Scene();
    const ends = Array.from({ length: 8 }, (_, index) => scene.end(`run ${index}`));
    await scene.pass(0);
    assert.equal(scene.heard.length, 5);
    await scene.pass(2_000);
    assert.equal(scene.heard.length, 7);
    await scene.pass(1_000);
    await Promise.all(ends);
    assert.equal(scene.heard.length, 8);
  });

  it("is told to nobody where nobody hears of the task any more", async () => {
    const scene = new Scene();
    const { heartbeat: _, ...unwatched } = task;
    const { start, beat } = scene.heartbeats.outlets();
    start?.(unwatched, "a");
    await beat?.(unwatched, ended("a"), never);
    await scene.pass(0);
    assert.deepEqual(scene.beats, []);
  });
});
