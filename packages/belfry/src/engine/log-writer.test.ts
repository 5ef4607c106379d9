import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { VirtualClock } from "../clocks/virtual.ts";
import type { LogBatch, LogPage, Logs } from "../log.ts";
import { LogWriter, type LogWriterOptions } from "./log-writer.ts";

const START = 1_000_000;

/** Logs that write, fail or hang as told, and remember each append. */
class FakeLogs implements Logs {
  readonly appends: (readonly LogBatch[])[] = [];
  mood: "well" | "failing" | "hanging" = "well";
  tries = 0;

  append(batches: readonly LogBatch[]): Promise<void> {
    this.tries += 1;
    if (this.mood === "hanging") return new Promise(() => {});
    if (this.mood === "failing") return Promise.reject(new Error("disk full"));
    this.appends.push(batches);
    return Promise.resolve();
  }

  read(): Promise<LogPage> {
    return Promise.resolve({ lines: [], cursor: null });
  }

  prune(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  get texts(): string[] {
    return this.appends.flat().flatMap(({ lines }) => lines.map(({ text }) => text));
  }
}

function setUp(options: Partial<LogWriterOptions> = {}): {
  clock: VirtualClock;
  logs: FakeLogs;
  troubles: string[];
  writer: LogWriter;
  pass: (ms: number) => Promise<void>;
} {
  const clock = new VirtualClock(START);
  const logs = new FakeLogs();
  const troubles: string[] = [];
  const onTrouble = (message: string): void => void troubles.push(message);
  const writer = new LogWriter({ clock, logs, onTrouble, ...options });
  const pass = async (ms: number): Promise<void> => {
    const until = clock.now() + ms;
    while (clock.wakeNext(until)) await setImmediate();
    await setImmediate();
  };
  return { clock, logs, troubles, writer, pass };
}

describe("LogWriter", () => {
  it("writes what attempts under way say every 200 ms, all in one append", async () => {
    const { logs, writer, pass } = setUp();
    const a = writer.open("a", 1);
    const b = writer.open("b", 1);
    a.write("stdout", Buffer.from("one\n"));
    b.write("stdout", Buffer.from("two\n"));
    await pass(199);
    assert.equal(logs.appends.length, 0);
    a.write("stdout", Buffer.from("three\n"));
    await pass(1);
    assert.equal(logs.appends.length, 1);
    assert.deepEqual(logs.texts, ["one", "three", "two"]);
    await pass(10_000);
    assert.equal(logs.appends.length, 1);
  });

  it("writes at once what an attempt leaves at its end, those of the same moment together", async () => {
    const { logs, writer, pass } = setUp();
    for (const run of ["a", "b", "c"]) {
      const capture = writer.open(run, 1);
      capture.write("stdout", Buffer.from(`${run}\n`));
      capture.end();
    }
    await pass(5);
    assert.equal(logs.appends.length, 1);
    assert.deepEqual(logs.texts, ["a", "b", "c"]);
  });

  it("does nothing for attempts that say nothing", async () => {
    const { clock, logs, writer } = setUp();
    writer.open("a", 1).end();
    assert.equal(clock.nextAt(), null);
    assert.equal(logs.tries, 0);
    await writer.close();
  });

  it("shows an open line after a second of silence", async () => {
    const { logs, writer, pass } = setUp();
    writer.open("a", 1).write("stdout", Buffer.from("Password: "));
    await pass(900);
    assert.deepEqual(logs.texts, []);
    await pass(400);
    assert.deepEqual(logs.texts, ["Password: "]);
  });

  it("bounds what a flood writes by the tail for each flush", async () => {
    const limits = { headBytes: 1_000, tailBytes: 10_000, silenceMs: 1_000 };
    const { logs, writer, pass } = setUp({ limits });
    const capture = writer.open("a", 1);
    for (let ms = 0; ms < 1_000; ms += 10) {
      capture.write("stdout", Buffer.from("a line of a flood, and so on\n".repeat(100)));
      writer.open(`short ${ms}`, 1).end();
      await pass(10);
    }
    assert.ok(logs.appends.length <= 5);
    assert.ok(logs.texts.join("").length <= 5 * 11_100);
  });

  it("resolves a flush when all that the run said is written", async () => {
    const { logs, writer, pass } = setUp();
    writer.open("a", 1).write("stdout", Buffer.from("hello\n"));
    writer.open("b", 1).write("stdout", Buffer.from("other\n"));
    const flushed = writer.flush("a");
    await pass(5);
    assert.equal(await flushed, "written");
    assert.deepEqual(logs.texts, ["hello"]);
    assert.equal(await writer.flush("nobody"), "written");
  });

  it("waits for a flush no longer than its patience", async () => {
    const { logs, writer, pass } = setUp({ patienceMs: 3_000 });
    logs.mood = "hanging";
    writer.open("a", 1).write("stdout", Buffer.from("hello\n"));
    const flushed = writer.flush("a");
    await pass(3_000);
    assert.equal(await flushed, "late");
  });

  it("repeats an append that failed, says so once, and once when all is well again", async () => {
    const { logs, troubles, writer, pass } = setUp();
    logs.mood = "failing";
    const capture = writer.open("a", 1);
    capture.write("stdout", Buffer.from("kept\n"));
    capture.end();
    await pass(2_000);
    assert.ok(logs.tries > 1);
    assert.equal(troubles.length, 1);
    assert.match(troubles[0] ?? "", /disk full/);
    logs.mood = "well";
    await pass(5_000);
    assert.deepEqual(logs.texts, ["kept"]);
    assert.deepEqual(troubles.slice(1), ["The log of runs is written again; 0 lines were lost."]);
  });

  it("gives up lines that cannot be written at all, and goes on with the next", async () => {
    const { logs, troubles, writer, pass } = setUp();
    logs.mood = "failing";
    const poison = writer.open("a", 1);
    poison.write("stdout", Buffer.from("1\n2\n"));
    poison.end();
    await pass(60_000);
    assert.equal(logs.tries, 10);
    logs.mood = "well";
    const next = writer.open("b", 1);
    next.write("stdout", Buffer.from("fine\n"));
    next.end();
    await pass(10);
    assert.deepEqual(logs.texts, ["fine"]);
    assert.deepEqual(troubles.slice(1), ["The log of runs is written again; 2 lines were lost."]);
  });

  it("loses the oldest ended attempts, with a count, where the logs hang", async () => {
    const { logs, troubles, writer, pass } = setUp({ backlogBytes: 100_000 });
    logs.mood = "hanging";
    for (let run = 0; run < 1_000; run += 1) {
      const capture = writer.open(`${run}`, 1);
      capture.write("stdout", Buffer.from("x".repeat(1_000)));
      assert.equal(capture.end().bytes, 1_000);
      await pass(1);
    }
    assert.equal(logs.tries, 1);
    assert.equal(troubles.length, 1);
    assert.match(troubles[0] ?? "", /too slow/);
  });

  it("writes what is left when it closes, open lines too once they ended, then nothing", async () => {
    const { clock, logs, writer, pass } = setUp();
    const capture = writer.open("a", 1);
    capture.write("stdout", Buffer.from("last words"));
    capture.end();
    const closed = writer.close();
    await pass(10);
    await closed;
    capture.write("stdout", Buffer.from("more\n"));
    writer.open("b", 1).write("stdout", Buffer.from("late\n"));
    assert.deepEqual(logs.texts, ["last words"]);
    assert.equal(clock.nextAt(), null);
  });

  it("closes in bounded time where the logs fail or hang, and leaves no timer", async () => {
    for (const mood of ["failing", "hanging"] as const) {
      const { clock, logs, writer, pass } = setUp();
      logs.mood = mood;
      writer.open("a", 1).write("stdout", Buffer.from("x\n"));
      const closed = writer.close();
      await pass(5_000);
      await closed;
      await setImmediate();
      assert.equal(clock.nextAt(), null);
    }
  });

  it("goes on when the wall clock jumps back an hour", async () => {
    const { clock, logs, writer, pass } = setUp();
    const a = writer.open("a", 1);
    a.write("stdout", Buffer.from("before\n"));
    clock.jump(-3_600_000);
    writer.open("b", 1).write("stdout", Buffer.from("after\n"));
    await pass(200);
    assert.deepEqual(logs.texts, ["before", "after"]);
  });
});
