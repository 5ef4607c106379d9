import { type Environment, inheritedEnvironment } from "../core/inherited-environment.ts";
import type { AttemptContext } from "../executor.ts";
import { NODE_MARKER } from "./processes.ts";

/** A larger payload is given as a file: one variable may have 128 KiB, all of them 2 MiB. */
export const PAYLOAD_VARIABLE_BYTES_MAX: number = 32 * 1024;

export interface CommandEnvironmentParts {
  readonly node: string;
  readonly base: Environment;
  /** The task's own variables, secrets resolved. */
  readonly task: Readonly<Record<string, string>>;
  readonly attempt: AttemptContext;
  readonly checkpointFile: string;
  /** Where the payload was written, if it is too large for a variable. */
  readonly payloadFile: string | null;
}

/** What a command finds in its environment: the node's, the task's, then what the run is. */
export function commandEnvironment(parts: CommandEnvironmentParts): Record<string, string> {
  return { ...inheritedEnvironment(parts.base), ...parts.task, ...runVariables(parts) };
}

function runVariables(parts: CommandEnvironmentParts): Record<string, string> {
  const { attempt, payloadFile } = parts;
  return {
    BELFRY_RUN_ID: attempt.run,
    BELFRY_TASK: attempt.task,
    BELFRY_ATTEMPT: String(attempt.number),
    BELFRY_DUE_AT: new Date(attempt.dueAt).toISOString(),
    BELFRY_IDEMPOTENCY_KEY: attempt.idempotencyKey,
    BELFRY_FENCE: String(attempt.fence),
    BELFRY_CHECKPOINT: parts.checkpointFile,
    [NODE_MARKER]: parts.node,
    ...payloadVariable(attempt.payload, payloadFile),
  };
}

function payloadVariable(payload: string | null, file: string | null): Record<string, string> {
  if (file !== null) return { BELFRY_PAYLOAD_FILE: file };
  return payload === null ? {} : { BELFRY_PAYLOAD: payload };
}
