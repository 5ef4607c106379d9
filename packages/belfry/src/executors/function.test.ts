import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import { PermanentError, RetryAfter } from "../core/errors.ts";
import type { Outcome } from "../core/verdict.ts";
import type { AttemptContext, Execution } from "../executor.ts";
import type { Context } from "./context.ts";
import { describeExecutor } from "./executor.contract.ts";
import { RecordedAttempt } from "./fixtures/recorded-attempt.ts";
import { createFunctionExecutor, type FunctionWork, HEED_MS } from "./function.ts";

/** A clock that stands until it is told to go on. */
class HandClock implements Clock {
  #now = 1_000_000;
  readonly #due = new Map<() => void, number>();

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  schedule(at: number, wake: () => void): () => void {
    this.#due.set(wake, at);
    return () => this.#due.delete(wake);
  }

  get waiting(): number {
    return this.#due.size;
  }

  advance(ms: number): void {
    this.#now += ms;
    for (const [wake, at] of this.#due) {
      if (at > this.#now) continue;
      this.#due.delete(wake);
      wake();
    }
  }
}

const clock = new HandClock();
const executor = createFunctionExecutor({ clock, secret: (name) => `value of ${name}` });

function work(run: FunctionWork["run"], parts: Partial<FunctionWork> = {}): FunctionWork {
  return { kind: "function", run, payload: null, checkpoint: null, ...parts };
}

async function outcomeOf(
  task: FunctionWork,
  parts: Partial<AttemptContext> = {},
  attempt: RecordedAttempt = new RecordedAttempt(parts),
): Promise<Outcome> {
  return (await executor.execute(task, attempt.context).ended).outcome;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}

describeExecutor("function", {
  executor,
  succeeds: work((ctx) => {
    ctx.log.info("one");
    ctx.progress(2, 3, "two");
    ctx.log.warn("three");
  }),
  fails: work(() => {
    throw new Error("no such luck");
  }),
  broken: work(() => {}, { payload: z.number() }),
  heeds: work((ctx) => {
    ctx.log.info("ready");
    return aborted(ctx.signal);
  }),
  heedless: work((ctx) => {
    ctx.log.info("ready");
    return new Promise(() => {});
  }),
  passGrace: async () => clock.advance(HEED_MS),
});

describe("the result of a function", () => {
  const cases: readonly [string, unknown, string | null][] = [
    [
      "a value is its JSON",
      { rows: 3, at: new Date(0) },
      '{"rows":3,"at":"1970-01-01T00:00:00.000Z"}',
    ],
    ["null is null in JSON", null, "null"],
    ["nothing is nothing", undefined, null],
  ];
  for (const [rule, value, result] of cases) {
    it("tells of itself right before its code runs: none of those that start with it comes between", async () => {
      const order: string[] = [];
      const started = ["blocker", "ticker"].map((task) => {
        const attempt = new RecordedAttempt({ task });
        attempt.onBegin = () => order.push(`${task} begins`);
        return outcomeOf(
          work(() => void order.push(`${task} runs`)),
          {},
          attempt,
        );
      });
      await Promise.all(started);
      assert.deepEqual(order, ["blocker begins", "blocker runs", "ticker begins", "ticker runs"]);
    });

    it(rule, async () => {
      assert.deepEqual(await outcomeOf(work(() => value)), { kind: "succeeded", result });
    });
  }

  it("that is no JSON is not kept, and the log says so", async () => {
    const attempt = new RecordedAttempt();
    const outcome = await outcomeOf(
      work(() => 10n),
      {},
      attempt,
    );
    assert.deepEqual(outcome, { kind: "succeeded", result: null });
    assert.match(attempt.heard.join(), /^log:warn:.*not JSON/);
  });
});

describe("the failure of a function", () => {
  async function failureOf(thrown: unknown): Promise<Extract<Outcome, { kind: "failed" }>> {
    const outcome = await outcomeOf(
      work(async () => {
        throw thrown;
      }),
    );
    assert.equal(outcome.kind, "failed");
    return outcome;
  }

  it("is permanent where the task says so", async () => {
    assert.equal((await failureOf(new PermanentError("gone"))).permanent, "permanent");
  });

  it("names the instant of the next attempt where the task does", async () => {
    const at = new Date("2026-12-01T00:00:00Z");
    assert.equal((await failureOf(new RetryAfter(at))).retryAt, at.getTime());
    assert.equal((await failureOf(new RetryAfter("15m"))).retryAt, clock.now() + 900_000);
  });

  it("leaves the next attempt to the policy where the task names nonsense", async () => {
    assert.equal((await failureOf(new RetryAfter("soon"))).retryAt, null);
    assert.equal((await failureOf(new RetryAfter(new Date(Number.NaN)))).retryAt, null);
  });

  it("tells its causes, and the code of the first that has one", async () => {
    const cause = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    const { error } = await failureOf(new TypeError("fetch failed", { cause }));
    assert.equal(error.message, "fetch failed: connect ECONNREFUSED");
    assert.equal(error.code, "ECONNREFUSED");
    assert.match(error.stack ?? "", /fetch failed[\s\S]*Caused by: Error: connect/);
  });

  it("is an outcome whatever was thrown", async () => {
    const circular: { self?: unknown } = {};
    circular.self = circular;
    const hostile = new Proxy(new Error("x"), {
      get: () => {
        throw new Error("hands off");
      },
    });
    for (const thrown of ["text", 7, null, undefined, {}, circular, hostile, Symbol("s")]) {
      assert.notEqual((await failureOf(thrown)).error.message, "");
    }
  });
});

describe("the payload of a function", () => {
  it("is what the schema makes of it", async () => {
    const schema = z.object({ customer: z.number(), since: z.string().default("ever") });
    const task = work((ctx) => ctx.payload, { payload: schema });
    assert.deepEqual(await outcomeOf(task, { payload: '{"customer":7}' }), {
      kind: "succeeded",
      result: '{"customer":7,"since":"ever"}',
    });
  });

  it("that does not fit fails for good, saying where", async () => {
    const task = work(() => assert.fail("called"), { payload: z.object({ customer: z.number() }) });
    const outcome = await outcomeOf(task, { payload: '{"customer":"x"}' });
    assert.equal(outcome.kind, "failed");
    assert.equal(outcome.permanent, "invalid-payload");
    assert.match(outcome.error.message, /schema: customer: /);
  });

  it("is undefined where there is none", async () => {
    const task = work((ctx) => typeof ctx.payload);
    assert.deepEqual(await outcomeOf(task), { kind: "succeeded", result: '"undefined"' });
  });
});

describe("the context of a function", () => {
  it("reads secrets by name, or as `secret()` names them", async () => {
    const both = work(({ secret }) => [secret("PW"), secret({ secret: "KEY" })]);
    const result = JSON.stringify(["value of PW", "value of KEY"]);
    assert.deepEqual(await outcomeOf(both), { kind: "succeeded", result });
  });

  it("tells what is run, and when it is due", async () => {
    const attempt = new RecordedAttempt({ number: 2, previousDueAt: 0 });
    let seen: Context | null = null;
    await outcomeOf(
      work((ctx) => {
        seen = ctx;
        const { dueAt, previousDueAt, run, idempotencyKey } = ctx;
        return { dueAt, previousDueAt, run, idempotencyKey };
      }),
      {},
      attempt,
    ).then((outcome) => {
      assert.equal(outcome.kind, "succeeded");
      assert.deepEqual(JSON.parse(outcome.result ?? ""), {
        dueAt: "2026-11-24T02:30:00.000Z",
        previousDueAt: "1970-01-01T00:00:00.000Z",
        run: {
          id: attempt.context.run,
          task: "backup",
          attempt: 2,
          fence: 7,
          trigger: { kind: "schedule", by: "default" },
        },
        idempotencyKey: "key-1",
      });
    });
    assert.notEqual(seen, null);
  });

  it("may be taken apart", async () => {
    const attempt = new RecordedAttempt();
    const task = work(async ({ log, progress, report, once }) => {
      log.error("bad", { error: new Error("boom"), big: 5n });
      progress(1);
      report({ rows: 1 });
      return await once("k", () => 1);
    });
    assert.deepEqual(await outcomeOf(task, {}, attempt), { kind: "succeeded", result: "1" });
    assert.deepEqual(attempt.heard.slice(1), ["progress:1/null null", 'report:{"rows":1}']);
    const fields = JSON.parse(attempt.lines[0]?.fields ?? "");
    assert.equal(fields.error.message, "boom");
    assert.equal(fields.big, "5");
  });

  it("goes on from a checkpoint that its schema has read", async () => {
    const attempt = new RecordedAttempt({ checkpoint: '{"page":4}' });
    const schema = z.object({ page: z.number() });
    const task = work(
      async (ctx: Context<unknown, { page: number }>) => {
        assert.deepEqual(ctx.resumed, { page: 4 });
        await ctx.checkpoint({ page: 5 });
      },
      { checkpoint: schema },
    );
    assert.equal((await outcomeOf(task, {}, attempt)).kind, "succeeded");
    assert.equal(attempt.checkpoint, '{"page":5}');
  });

  it("fails for good over a checkpoint that does not fit, rather than start again unasked", async () => {
    const attempt = new RecordedAttempt({ checkpoint: '"old"' });
    const task = work(() => assert.fail("called"), { checkpoint: z.number() });
    const outcome = await outcomeOf(task, {}, attempt);
    assert.equal(outcome.kind, "failed");
    assert.equal(outcome.permanent, "permanent");
    assert.match(outcome.error.message, /--fresh/);
  });

  it("refuses a checkpoint that is undeclared, no JSON, or too large", async () => {
    const large = "x".repeat(1024 * 1024);
    const declared = { checkpoint: z.unknown() };
    const codes = [];
    for (const task of [
      work((ctx) => ctx.checkpoint(1)),
      work((ctx) => ctx.checkpoint(undefined), declared),
      work((ctx) => ctx.checkpoint(large), declared),
    ]) {
      const outcome = await outcomeOf(task);
      codes.push(outcome.kind === "failed" ? outcome.error.code : outcome.kind);
    }
    const expected = ["checkpoint-undeclared", "checkpoint-not-json", "checkpoint-too-large"];
    assert.deepEqual(codes, expected);
  });
});

describe("once", () => {
  it("does a thing once a run, and answers what JSON makes of its result", async () => {
    const attempt = new RecordedAttempt();
    let done = 0;
    const task = work((ctx) =>
      ctx.once("mail", () => {
        done += 1;
        return { at: new Date(0), gone: undefined };
      }),
    );
    const first = await outcomeOf(task, {}, attempt);
    const second = await outcomeOf(task, {}, attempt);
    assert.deepEqual(first, { kind: "succeeded", result: '{"at":"1970-01-01T00:00:00.000Z"}' });
    assert.deepEqual(second, first);
    assert.equal(done, 1);
  });

  it("is once for two calls at the same time", async () => {
    let done = 0;
    const effect = async (): Promise<number> => {
      await turn();
      done += 1;
      return done;
    };
    const task = work((ctx) => Promise.all([ctx.once("k", effect), ctx.once("k", effect)]));
    assert.deepEqual(await outcomeOf(task), { kind: "succeeded", result: "[1,1]" });
  });

  it("records nothing where the effect fails, and tries it again", async () => {
    let calls = 0;
    const task = work(async (ctx) => {
      const effect = (): number => {
        calls += 1;
        if (calls === 1) throw new Error("first");
        return calls;
      };
      await assert.rejects(ctx.once("k", effect), /first/);
      return await ctx.once("k", effect);
    });
    assert.deepEqual(await outcomeOf(task), { kind: "succeeded", result: "2" });
  });

  it("records an effect that has happened even where its result is no JSON", async () => {
    const attempt = new RecordedAttempt();
    const task = work((ctx) => ctx.once("k", () => 5n));
    assert.deepEqual(await outcomeOf(task, {}, attempt), { kind: "succeeded", result: "null" });
    assert.equal(attempt.effects.get("k"), "null");
  });
});

describe("a function that is told to end", () => {
  it("has ended as told even where it returns, its work half done", async () => {
    const attempt = new RecordedAttempt();
    const task = work(async (ctx) => {
      ctx.log.info("ready");
      await aborted(ctx.signal).catch(() => {});
      return "half";
    });
    const execution = executor.execute(task, attempt.context);
    await attempt.hears("ready");
    execution.stop("interrupted");
    assert.deepEqual((await execution.ended).outcome, { kind: "interrupted" });
    assert.equal(clock.waiting, 0);
  });

  it("sees it in a signal that it looks at only then", async () => {
    const attempt = new RecordedAttempt();
    const going = Promise.withResolvers<void>();
    const task = work(async (ctx) => {
      ctx.log.info("ready");
      await going.promise;
      assert.equal(ctx.signal.aborted, true);
      assert.equal(ctx.signal.reason.name, "TimeoutError");
      ctx.log.info("seen");
    });
    const execution = executor.execute(task, attempt.context);
    await attempt.hears("ready");
    execution.stop("timeout");
    going.resolve();
    await attempt.hears("seen");
    await execution.ended;
  });

  it("lingers after it is settled, until its promise ends", async () => {
    const attempt = new RecordedAttempt();
    const going = Promise.withResolvers<void>();
    const execution: Execution = executor.execute(
      work((ctx) => {
        ctx.log.info("ready");
        return going.promise;
      }),
      attempt.context,
    );
    await attempt.hears("ready");
    execution.stop("timeout");
    clock.advance(HEED_MS - 1);
    const { lingering: early } = execution;
    assert.equal(early, null);
    clock.advance(1);
    assert.deepEqual((await execution.ended).outcome, { kind: "timed-out", limit: "timeout" });
    const { lingering } = execution;
    assert.ok(lingering !== null);
    let over = false;
    void lingering.then(() => {
      over = true;
    });
    await turn();
    assert.equal(over, false);
    going.reject(new Error("at last"));
    await lingering;
  });
});
