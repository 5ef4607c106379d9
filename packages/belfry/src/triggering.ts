import type { Trigger } from "./core/run.ts";
import type { GateRequest } from "./planning.ts";

// What the store is asked to run by hand, and answers.

export interface TriggerRequest {
  readonly id: string;
  readonly task: string;
  readonly definition: string;
  /** Answer `changed` where the task's definition is another by now; absent: it does not matter. */
  readonly onlyInForce?: boolean;
  readonly trigger: Trigger;
  readonly dueAt: number;
  readonly payload: string | null;
  readonly idempotencyKey: string | null;
  readonly gate: GateRequest | null;
  readonly deadlineAt: number | null;
  /**
   * The run that this one repeats: it is resolved by that. A replay keeps its idempotency key,
   * and with the key its checkpoint; a fresh one brings no key.
   */
  readonly replayOf: string | null;
  /** Start although the task is paused. */
  readonly force: boolean;
}

export type Triggered =
  | { readonly answer: "triggered" | "already"; readonly run: string }
  | { readonly answer: "conflict"; readonly run: string }
  | { readonly answer: "paused" | "no-task" | "changed" };
