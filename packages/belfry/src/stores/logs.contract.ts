import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { BelfryError } from "../core/errors.ts";
import type { LogLine, Logs } from "../log.ts";
import { ALL, batch, DAY_MS, line, NOON, readThrough, textsOf } from "./logs.fixture.ts";

/**
 * What all logs must do, against the real engine.
 * @param open empty ones; each test closes its own.
 * @param skip why it cannot be asked of these here, or false.
 */
export function logsContract(
  name: string,
  open: () => Promise<Logs>,
  skip: string | false = false,
): void {
  describe(name, { skip }, () => {
    it("gives back each line as it was", async () => {
      const logs = await open();
      const lines: LogLine[] = [
        line("plain", NOON, 1),
        line("same instant", NOON, 1),
        { at: NOON, attempt: 1, stream: "stderr", level: null, text: '"quoted"\\', fields: null },
        { at: NOON, attempt: 1, stream: "log", level: "info", text: "a", fields: '{"b":[1]}' },
        { at: NOON, attempt: 1, stream: "log", level: "info", text: "世界 😀", fields: '{"c":2}' },
        { at: NOON + 1, attempt: 1, stream: "log", level: "error", text: "", fields: null },
      ];
      await logs.append([{ run: "r", attempt: 1, firstLine: 0, lines, forget: null }]);
      assert.deepEqual((await logs.read({ run: "r", ...ALL })).lines, lines);
      await logs.close();
    });

    it("knows nothing of a run that said nothing", async () => {
      const logs = await open();
      assert.deepEqual(await logs.read({ run: "r", ...ALL }), { lines: [], cursor: null });
      await logs.append([batch(0, ["here"], { run: "other" })]);
      assert.deepEqual(await logs.read({ run: "r", ...ALL }), { lines: [], cursor: null });
      await logs.close();
    });

    it("gives all attempts in order, or one", async () => {
      const logs = await open();
      await logs.append([batch(0, ["c"], { attempt: 2 }), batch(0, ["a", "b"])]);
      await logs.append([batch(0, ["d"], { attempt: 10 })]);
      assert.deepEqual(await textsOf(logs), ["a", "b", "c", "d"]);
      assert.deepEqual(await textsOf(logs, { attempt: 2 }), ["c"]);
      assert.deepEqual(await textsOf(logs, { attempt: 2, after: "1:0" }), ["c"]);
      assert.deepEqual(await textsOf(logs, { attempt: 1, after: "2:0" }), []);
      await logs.close();
    });

    it("goes on from a cursor while lines are added", async () => {
      const logs = await open();
      await logs.append([batch(0, ["a", "b", "c"])]);
      const first = await logs.read({ run: "r", ...ALL, limit: 2 });
      assert.deepEqual(first.lines.length, 2);
      await logs.append([batch(3, ["d"])]);
      const second = await logs.read({ run: "r", ...ALL, after: first.cursor });
      assert.deepEqual(
        second.lines.map(({ text }) => text),
        ["c", "d"],
      );
      const third = await logs.read({ run: "r", ...ALL, after: second.cursor });
      assert.deepEqual(third, { lines: [], cursor: second.cursor });
      await logs.close();
    });

    it("writes the same batch twice as once, as after a commit of which nobody heard", async () => {
      const logs = await open();
      for (let n = 0; n < 2; n += 1) await logs.append([batch(0, ["a"]), batch(1, ["b"])]);
      assert.deepEqual(await textsOf(logs), ["a", "b"]);
      await logs.close();
    });

    it("refuses a cursor that is none", async () => {
      const logs = await open();
      await assert.rejects(
        logs.read({ run: "r", ...ALL, after: "1; drop table log" }),
        (error) => error instanceof BelfryError && error.code === "bad-cursor",
      );
      await logs.close();
    });

    it("forgets the middle, wherever its days lie", async () => {
      const logs = await open();
      await logs.append([batch(0, ["a", "b"]), batch(2, ["c"]), batch(3, ["d"])]);
      const at = NOON + DAY_MS;
      await logs.append([batch(4, ["dropped", "e"], { at, forget: { from: 2, to: 4 } })]);
      assert.deepEqual(await textsOf(logs), ["a", "b", "dropped", "e"]);
      await logs.close();
    });

    it("drops days that ended before the instant", async () => {
      const logs = await open();
      await logs.append([batch(0, ["old"]), batch(1, ["new"], { at: NOON + DAY_MS })]);
      const midnight = NOON + DAY_MS / 2;
      await logs.prune(midnight - 1);
      assert.deepEqual(await textsOf(logs), ["old", "new"]);
      await logs.prune(midnight);
      assert.deepEqual(await textsOf(logs), ["new"]);
      await logs.close();
    });

    it("reads by pages of any size what a naive model holds", async () => {
      const step = fc.record({
        attempt: fc.integer({ min: 1, max: 2 }),
        lines: fc.integer({ min: 1, max: 40 }),
        hours: fc.nat(10),
      });
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { maxLength: 50 }),
          fc.integer({ min: 1, max: 60 }),
          async (steps, limit) => {
            const logs = await open();
            const model: string[][] = [[], []];
            let at = NOON;
            for (const { attempt, lines, hours } of steps) {
              at += hours * 3_600_000;
              const said = model[attempt - 1] ?? [];
              const texts = Array.from(
                { length: lines },
                (_, n) => `${attempt}.${said.length + n}`,
              );
              await logs.append([batch(said.length, texts, { attempt, at })]);
              said.push(...texts);
            }
            assert.deepEqual(await readThrough(logs, limit), model.flat());
            await logs.close();
          },
        ),
        { numRuns: 15 },
      );
    });
  });
}
