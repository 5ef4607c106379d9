import type { Policies } from "../core/definition.ts";
import { IN_TIME_MS } from "../core/plan.ts";
import type { WrittenPolicies, WrittenRetry } from "./policy-schema.ts";
import { error, type Fault } from "./problem.ts";

const WAIT_MS = 10_000;
const MAX_MS = 15 * 60_000;
const FUNCTION_ATTEMPTS = 3;
const COMMAND_ATTEMPTS = 1;

/**
 * The policies of a task: its own words, else the configured defaults, else Belfry's.
 *
 * `at-most-once` asks for a single attempt, so attempts that it only inherits give way to it;
 * those that stand beside it contradict it.
 */
export function decidePolicies(
  written: WrittenPolicies,
  defaults: WrittenPolicies,
  executor: string,
): { readonly policies: Policies; readonly faults: readonly Fault[] } {
  const catchUp = written.catchUp ?? defaults.catchUp ?? "latest";
  const overlap = written.overlap ?? defaults.overlap ?? "skip";
  const delivery = written.delivery ?? defaults.delivery ?? "at-least-once";
  const deadlineMs = firstSaid(written.deadline, defaults.deadline, null);
  const jitterMs = written.jitter ?? defaults.jitter ?? 0;
  const faults: Fault[] = [];
  if (delivery === "at-most-once" && (written.retry?.attempts ?? 1) > 1) {
    faults.push(tooManyAttempts(written));
  }
  if (deadlineMs !== null && deadlineMs <= jitterMs) faults.push(neverInTime());
  return {
    policies: {
      catchUp,
      startWithin: firstSaid(
        written.startWithin,
        defaults.startWithin,
        defaultStartWithin(catchUp, overlap),
      ),
      concurrency: written.concurrency ?? defaults.concurrency ?? { limit: 1, by: null },
      overlap,
      retry: decideRetry(written.retry, defaults.retry, executor, delivery),
      timeoutMs: firstSaid(written.timeout, defaults.timeout, null),
      deadlineMs,
      jitterMs,
      delivery,
      runsOn: written.runsOn ?? defaults.runsOn ?? [],
    },
    faults,
  };
}

/** Null says "unlimited", so it counts as said. */
function firstSaid<T>(written: T | undefined, configured: T | undefined, standard: T): T {
  if (written !== undefined) return written;
  return configured === undefined ? standard : configured;
}

/** What waits in a queue is not late for waiting; what is never caught up is late after a minute. */
function defaultStartWithin(
  catchUp: Policies["catchUp"],
  overlap: Policies["overlap"],
): Policies["startWithin"] {
  if (catchUp === "all" || overlap === "queue") return null;
  return catchUp === "none" ? IN_TIME_MS : "next";
}

function decideRetry(
  written: WrittenRetry | undefined,
  configured: WrittenRetry | undefined,
  executor: string,
  delivery: Policies["delivery"],
): Policies["retry"] {
  const standard = executor === "function" ? FUNCTION_ATTEMPTS : COMMAND_ATTEMPTS;
  const attempts =
    delivery === "at-most-once" ? 1 : (written?.attempts ?? configured?.attempts ?? standard);
  const waitMs = written?.wait ?? configured?.wait ?? WAIT_MS;
  // A wait that was asked for is not cut down by a limit that was not.
  const maxMs = written?.max ?? configured?.max ?? Math.max(MAX_MS, waitMs);
  return { attempts, waitMs, maxMs };
}

function tooManyAttempts(written: WrittenPolicies): Fault {
  const attempts = written.retry?.attempts ?? 1;
  return error(
    ["retry"],
    `${attempts} attempts contradict delivery "at-most-once"`,
    'leave retry out, or deliver "at-least-once"',
  );
}

function neverInTime(): Fault {
  return error(
    ["jitter"],
    "is not shorter than the deadline, which counts from the due instant: some runs could never start",
    "shorten the jitter, or lengthen the deadline",
  );
}
