import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Outcome } from "../core/verdict.ts";
import type { Execution, Executor, StopReason, Work } from "../executor.ts";
import { RecordedAttempt } from "./fixtures/recorded-attempt.ts";

/** What an executor brings along to be tested by the contract that all of them keep. */
export interface ExecutorSample<W extends Work> {
  readonly executor: Executor<W>;
  /** Says "one", "two", "three" in turn and succeeds. */
  readonly succeeds: W;
  /** Fails with a message that contains "no such luck". */
  readonly fails: W;
  /** Cannot be begun at all. */
  readonly broken: W;
  /** Says "ready", then goes on until it is told to end, and heeds that. */
  readonly heeds: W;
  /** Says "ready" and heeds nothing. */
  readonly heedless: W;
  /** Lets the grace of an attempt pass that heeds nothing. */
  passGrace(): Promise<void>;
}

const OUTCOMES: Readonly<Record<StopReason, Outcome>> = {
  timeout: { kind: "timed-out", limit: "timeout" },
  deadline: { kind: "timed-out", limit: "deadline" },
  cancelled: { kind: "cancelled" },
  interrupted: { kind: "interrupted" },
  lost: { kind: "lost" },
};

const REASONS = ["timeout", "deadline", "cancelled", "interrupted", "lost"] as const;

export function describeExecutor<W extends Work>(name: string, sample: ExecutorSample<W>): void {
  const { executor } = sample;
  const begin = (work: W): { attempt: RecordedAttempt; execution: Execution } => {
    const attempt = new RecordedAttempt();
    return { attempt, execution: executor.execute(work, attempt.context) };
  };

  describe(`the ${name} executor`, () => {
    it("succeeds, and passes on what was said in order", async () => {
      const { attempt, execution } = begin(sample.succeeds);
      const { outcome } = await execution.ended;
      assert.equal(outcome.kind, "succeeded");
      assert.match(attempt.heard.join("\n"), /one[\s\S]*two[\s\S]*three/);
      assert.equal(execution.lingering, null);
    });

    it("makes a failure an outcome", async () => {
      const { outcome } = await begin(sample.fails).execution.ended;
      assert.equal(outcome.kind, "failed");
      assert.match(outcome.error.message, /no such luck/);
      assert.equal(outcome.permanent, null);
    });

    it("makes it an outcome that an attempt cannot be begun", async () => {
      const { outcome } = await begin(sample.broken).execution.ended;
      assert.equal(outcome.kind, "failed");
    });

    for (const reason of REASONS) {
      it(`ends an attempt that is told to: ${reason}`, async () => {
        const { attempt, execution } = begin(sample.heeds);
        await attempt.hears("ready");
        execution.stop(reason);
        assert.deepEqual((await execution.ended).outcome, OUTCOMES[reason]);
        assert.equal(execution.lingering, null);
      });
    }

    it("ends an attempt that heeds nothing, after the grace", async () => {
      const { attempt, execution } = begin(sample.heedless);
      await attempt.hears("ready");
      execution.stop("timeout");
      await sample.passGrace();
      assert.deepEqual((await execution.ended).outcome, OUTCOMES.timeout);
    });

    it("ends an attempt that was told to before it began", async () => {
      const { attempt, execution } = begin(sample.succeeds);
      execution.stop("cancelled");
      assert.deepEqual((await execution.ended).outcome, OUTCOMES.cancelled);
      assert.deepEqual(attempt.heard, []);
    });

    it("keeps the first of two reasons", async () => {
      const { attempt, execution } = begin(sample.heeds);
      await attempt.hears("ready");
      execution.stop("deadline");
      execution.stop("cancelled");
      assert.deepEqual((await execution.ended).outcome, OUTCOMES.deadline);
    });

    it("takes no notice of a reason that comes after the end", async () => {
      const { execution } = begin(sample.succeeds);
      await execution.ended;
      execution.stop("cancelled");
      assert.equal((await execution.ended).outcome.kind, "succeeded");
    });

    it("finds nothing of a node that left nothing", async () => {
      assert.equal(await executor.reclaim("a-node-that-never-was"), 0);
    });
  });
}
