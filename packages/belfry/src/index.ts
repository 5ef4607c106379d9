export type { Days, Duration, Schedule } from "@belfry/schedule";
export { holidays, parse, ScheduleError, union } from "@belfry/schedule";
export {
  Belfry,
  type Did,
  type DidRange,
  type Finished,
  type Run,
  type RunDetail,
  type RunHandle,
  type RunsFilter,
  type RuntimeScheduleOptions,
  type TaskDetail,
  type TaskInfo,
  type TriggerOptions,
} from "./belfry.ts";
export type { CallerTransaction } from "./caller-transaction.ts";
export type { HeartbeatTo } from "./core/definition.ts";
export type { DidState } from "./core/did.ts";
export { BelfryError, type ErrorRecord, PermanentError, RetryAfter } from "./core/errors.ts";
export type {
  FinalState,
  GapReason,
  OutcomeKind,
  Reason,
  RunState,
  TriggerKind,
} from "./core/run.ts";
export type { Why } from "./core/why.ts";
export { type Command, command, type ShellCommand, shell } from "./define/commands.ts";
export { defineConfig } from "./define/config.ts";
export type { ConfigOptions } from "./define/config-schema.ts";
export type { OpenOptions } from "./define/program-options.ts";
export {
  type AtSchedule,
  at,
  type CronSchedule,
  cron,
  type EverySchedule,
  every,
} from "./define/schedules.ts";
export { type Secret, secret } from "./define/secret.ts";
export { type Task, type TaskOptions, task } from "./define/task.ts";
export type { EngineEvent } from "./engine/events.ts";
export type { Context } from "./executors/context.ts";
export { openBelfry } from "./main.ts";
export type { TaskPolicies } from "./views/task.ts";
