export type { Duration } from "@belfry/schedule";
export { parse, ScheduleError, union } from "@belfry/schedule";
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
export { BelfryError, PermanentError, RetryAfter } from "./core/errors.ts";
export type { Why } from "./core/why.ts";
export { command, shell } from "./define/commands.ts";
export { defineConfig } from "./define/config.ts";
export { at, cron, every } from "./define/schedules.ts";
export { type Secret, secret } from "./define/secret.ts";
export { type Task, type TaskOptions, task } from "./define/task.ts";
export type { EngineEvent } from "./engine/events.ts";
export type { Context } from "./executors/context.ts";
export { type OpenOptions, openBelfry } from "./main.ts";
