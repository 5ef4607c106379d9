import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { VirtualClock } from "../clocks/virtual.ts";
import type { LogBatch } from "../log.ts";
import { CAPTURE_LIMITS, type CaptureLimits, LogCapture } from "./capture.ts";

const START = 1_000_000;

/** A store of lines as simple as can be: what is forgotten goes, what is written comes. */
class Kept {
  readonly lines = new Map<number, string>();

  write(batches: readonly LogBatch[]): void {
    for (const { firstLine, lines, forget } of batches) {
      for (const number of this.lines.keys()) {
        if (forget !== null && number >= forget.from && number < forget.to) {
          this.lines.delete(number);
        }
      }
      for (const [index, { text }] of lines.entries()) {
        assert.ok(!this.lines.has(firstLine + index), "a line is written twice");
        this.lines.set(firstLine + index, text);
      }
    }
  }

  get texts(): string[] {
    return [...this.lines].sort(([a], [b]) => a - b).map(([, text]) => text);
  }
}

function capture(limits: CaptureLimits = CAPTURE_LIMITS): {
  clock: VirtualClock;
  waiting: string[];
  log: LogCapture;
} {
  const clock = new VirtualClock(START);
  const waiting: string[] = [];
  const log = new LogCapture("r", 2, clock, (_, urgency) => waiting.push(urgency), limits);
  return { clock, waiting, log };
}

function isMarker(text: string): boolean {
  return text.startsWith("…");
}

describe("LogCapture", () => {
  it("takes nothing and asks for nothing where nothing is said", () => {
    const { log, waiting } = capture();
    assert.deepEqual(log.end(), { bytes: 0, dropped: 0 });
    assert.deepEqual(log.take(), []);
    assert.deepEqual(waiting, []);
  });

  it("gives lines in order of arrival across streams, with instant, attempt and number", () => {
    const { clock, log } = capture();
    log.write("stdout", Buffer.from("one\ntw"));
    log.log({ stream: "log", level: "info", text: "said", fields: '{"a":1}' });
    clock.jump(5);
    log.write("stderr", Buffer.from("oops\n"));
    log.write("stdout", Buffer.from("o\n"));
    log.end();
    const batches = log.take();
    assert.deepEqual(
      batches.map(({ run, attempt, firstLine }) => ({ run, attempt, firstLine })),
      [{ run: "r", attempt: 2, firstLine: 0 }],
    );
    assert.deepEqual(
      batches.flatMap(({ lines }) => lines),
      [
        { at: START, attempt: 2, stream: "stdout", level: null, text: "one", fields: null },
        { at: START, attempt: 2, stream: "log", level: "info", text: "said", fields: '{"a":1}' },
        { at: START + 5, attempt: 2, stream: "stderr", level: null, text: "oops", fields: null },
        { at: START + 5, attempt: 2, stream: "stdout", level: null, text: "two", fields: null },
      ],
    );
  });

  it("asks once to be taken soon, and now when it ends with something left", () => {
    const { log, waiting } = capture();
    log.write("stdout", Buffer.from("a\n"));
    log.write("stdout", Buffer.from("b\n"));
    assert.deepEqual(waiting, ["soon"]);
    log.take();
    log.write("stdout", Buffer.from("c\n"));
    log.end();
    log.end();
    assert.deepEqual(waiting, ["soon", "soon", "now"]);
  });

  it("hears nothing after the end", () => {
    const { log } = capture();
    log.end();
    log.write("stdout", Buffer.from("late\n"));
    log.log({ stream: "log", level: "info", text: "late", fields: null });
    assert.deepEqual(log.take(), []);
  });

  it("gives an unterminated line at the end", () => {
    const { log } = capture();
    log.write("stdout", Buffer.from("no newline"));
    log.end();
    assert.equal(log.take()[0]?.lines[0]?.text, "no newline");
  });

  it("gives an unterminated line once its stream has been silent for a second", () => {
    const { clock, log, waiting } = capture();
    log.write("stdout", Buffer.from("Password: "));
    assert.deepEqual(log.take(), []);
    assert.deepEqual(waiting, ["soon", "soon"]);
    clock.wakeNext(START + 1_000);
    assert.equal(log.take()[0]?.lines[0]?.text, "Password: ");
    assert.deepEqual(waiting, ["soon", "soon"]);
  });

  it("makes a log text of several lines several lines, the fields with the first", () => {
    const { log } = capture();
    const level = "error";
    log.log({ stream: "log", level, text: "Error: no\r\n  at x\n", fields: "{}" });
    log.log({ stream: "log", level, text: "", fields: null });
    assert.deepEqual(
      log.take().flatMap(({ lines }) => lines.map(({ text, fields }) => [text, fields])),
      [
        ["Error: no", "{}"],
        ["  at x", null],
        ["", null],
      ],
    );
  });

  it("drops fields that are longer than a line may be, and says so", () => {
    const { log } = capture();
    const fields = JSON.stringify({ blob: "x".repeat(20_000) });
    log.log({ stream: "log", level: "info", text: "sent", fields });
    assert.deepEqual(log.end().dropped, fields.length);
    const [line] = log.take().flatMap(({ lines }) => lines);
    assert.equal(line?.fields, null);
    assert.equal(line?.text, "sent … 20,011 bytes of fields dropped …");
  });

  it("cuts a log text at 16 KiB", () => {
    const { log } = capture();
    log.log({ stream: "log", level: "info", text: "x".repeat(40_000), fields: null });
    assert.deepEqual(
      log.take().flatMap(({ lines }) => lines.map(({ text }) => text.length)),
      [16_384, 16_384, 7_232],
    );
  });

  it("keeps head and tail exactly, with one marker between, however often it is taken", () => {
    const limits = { headBytes: 2_000, tailBytes: 8_000, silenceMs: 1_000 };
    const step = fc.record({
      lines: fc.array(fc.nat(300), { maxLength: 40 }),
      stream: fc.constantFrom("stdout" as const, "stderr" as const),
      take: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { log } = capture(limits);
        const kept = new Kept();
        const said: string[] = [];
        for (const { lines, stream, take } of steps) {
          const texts = lines.map(
            (length, index) => `${said.length + index} ${"x".repeat(length)}`,
          );
          said.push(...texts);
          log.write(stream, Buffer.from(texts.map((text) => `${text}\n`).join("")));
          if (take) kept.write(log.take());
        }
        const { bytes, dropped } = log.end();
        kept.write(log.take());
        checkKept(kept.texts, said, bytes, dropped, limits);
      }),
      { numRuns: 300 },
    );
  });

  it("keeps line numbers right across what was dropped", () => {
    const { log } = capture({ headBytes: 1_000, tailBytes: 40_000, silenceMs: 1_000 });
    const kept = new Kept();
    for (let line = 0; line < 5_000; line += 1) {
      log.write("stdout", Buffer.from(`${line} ${"x".repeat(50)}\n`));
      if (line % 700 === 0) kept.write(log.take());
    }
    log.end();
    kept.write(log.take());
    for (const [number, text] of kept.lines) {
      if (!isMarker(text)) assert.equal(Number.parseInt(text, 10), number);
    }
  });

  it("costs the bytes of head and tail in a flood, live or not, and counts all of it", () => {
    const { log } = capture();
    const chunk = Buffer.from("some line of a chatty program, again\n".repeat(1_771));
    const kept = new Kept();
    const total = 200 * 1024 * 1024;
    let largest = 0;
    let sent = 0;
    while (sent < total) {
      log.write("stdout", Buffer.from(chunk));
      sent += chunk.length;
      largest = Math.max(largest, log.waitingCost);
      if (sent > total / 2 && sent % 41 === 0) kept.write(log.take());
    }
    const { bytes, dropped } = log.end();
    kept.write(log.take());
    const size = kept.texts.reduce((sum, text) => sum + text.length + 1, 0);
    assert.equal(bytes, sent);
    assert.ok(largest <= CAPTURE_LIMITS.headBytes + CAPTURE_LIMITS.tailBytes);
    assert.ok(Math.abs(bytes - dropped - size) < 100, `${bytes - dropped} kept, ${size} read`);
    assert.ok(size > largest - 2 * 48 * 1024, "more was dropped than a stretch at each side");
    assert.equal(kept.texts.filter(isMarker).length, 1);
  });

  it("takes a flood of empty lines, and a line without end, within the same bounds", () => {
    for (const byte of [10, 0x78, 0, 0xff]) {
      const { log } = capture();
      for (let n = 0; n < 320; n += 1) log.write("stdout", Buffer.alloc(65_536, byte));
      assert.ok(log.waitingCost <= CAPTURE_LIMITS.headBytes + CAPTURE_LIMITS.tailBytes);
      const lines = log.take().flatMap((batch) => batch.lines);
      assert.ok(lines.length <= 40_961);
      assert.ok(lines.every(({ text }) => text.length <= 4 * 16_384));
    }
  });
});

function checkKept(
  texts: readonly string[],
  said: readonly string[],
  bytes: number,
  dropped: number,
  limits: CaptureLimits,
): void {
  assert.equal(bytes, sizeOf(said));
  const hole = texts.findIndex(isMarker);
  if (hole < 0) {
    assert.deepEqual(texts, said);
    assert.equal(dropped, 0);
    return;
  }
  const head = texts.slice(0, hole);
  const tail = texts.slice(hole + 1);
  assert.deepEqual(head, said.slice(0, head.length));
  assert.deepEqual(tail, tail.length === 0 ? [] : said.slice(-tail.length));
  assert.equal(bytes - dropped, sizeOf(head) + sizeOf(tail));
  assert.ok(sizeOf(head) <= limits.headBytes && sizeOf(tail) <= limits.tailBytes);
  const lost = said.length - head.length - tail.length;
  const marker = `… ${dropped.toLocaleString("en-US")} bytes dropped (${lost.toLocaleString("en-US")} lines) …`;
  assert.equal(texts[hole], marker);
}

function sizeOf(texts: readonly string[]): number {
  return texts.reduce((total, text) => total + text.length + 1, 0);
}
