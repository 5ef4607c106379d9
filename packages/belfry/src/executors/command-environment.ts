import type { AttemptContext } from "../executor.ts";
import { NODE_MARKER } from "./processes.ts";

/** Environment variables by name, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A larger payload is given as a file: one variable may have 128 KiB, all of them 2 MiB. */
export const PAYLOAD_VARIABLE_BYTES_MAX: number = 32 * 1024;

/**
 * The only variables of ours that a command inherits. An allow-list: a command must not reach the
 * store, and must not mistake the run that its node was started in for its own.
 */
const INHERITED: ReadonlySet<string> = new Set([
  "BELFRY_CONFIG",
  "BELFRY_HTTP",
  "BELFRY_LOG_FORMAT",
  "BELFRY_LOG_LEVEL",
  "BELFRY_TIME_ZONE",
]);

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
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(parts.base)) {
    if (value === undefined || (name.startsWith("BELFRY_") && !INHERITED.has(name))) continue;
    environment[name] = value;
  }
  return { ...environment, ...parts.task, ...runVariables(parts) };
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
