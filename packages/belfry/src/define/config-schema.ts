import type { Duration } from "@belfry/schedule";
import { z } from "zod";
import { calendarSchema, type WrittenCalendar } from "./calendars.ts";
import { type ChannelOptions, channelSchema, type WrittenChannel } from "./channel-schema.ts";
import {
  type HeartbeatOption,
  heartbeatSchema,
  type WrittenHeartbeat,
} from "./heartbeat-schema.ts";
import { HTTP_HINT, parseHttpAddress } from "./http-address.ts";
import { advise, membersOf, must } from "./issues.ts";
import { nodeTagsSchema } from "./node-tags.ts";
import {
  countSchema,
  defaultsSchema,
  durationSchema,
  type WrittenPolicies,
} from "./policy-schema.ts";
import type { Secret } from "./secret.ts";
import { type SmtpOptions, smtpSchema, type WrittenSmtp } from "./smtp.ts";
import { isTask, type PolicyOptions, type Task, type TaskOptions } from "./task.ts";
import { alertsSchema, nameSchema } from "./task-schema.ts";
import { timeZoneSchema } from "./time-zone.ts";

/** The configuration of a project: every part may be left out. */
export interface ConfigOptions {
  /**
   * Globs of task files (`.ts`, `.js`, `.yaml`), relative to the configuration's folder, and tasks
   * themselves; or tasks by their names. Default: none.
   */
  readonly tasks?: readonly (string | Task)[] | Readonly<Record<string, TaskOptions>> | undefined;
  /** Where the state lives. Default `"sqlite:.belfry/belfry.db"`. */
  readonly store?: string | Secret | undefined;
  /** The zone of every schedule that names none. Default `"UTC"`. */
  readonly timeZone?: string | undefined;
  /** Policies for every task that does not say otherwise. */
  readonly defaults?: PolicyOptions | undefined;
  /** Days by name, such as public holidays: `on` and `except` of a schedule name them. */
  readonly calendars?: Readonly<Record<string, WrittenCalendar>> | undefined;
  /** Ways to tell people, by name: `alerts` names them. */
  readonly channels?: Readonly<Record<string, ChannelOptions>> | undefined;
  /** The server that takes mail. Default: the host's own sendmail. */
  readonly smtp?: SmtpOptions | undefined;
  /** The channels that hear of the incidents of every task that names none. Default: none. */
  readonly alerts?: readonly string[] | undefined;
  /** How long runs (default `"90d"`) and their output (default `"14d"`) are kept. */
  readonly retention?:
    | { readonly history?: Duration | undefined; readonly logs?: Duration | undefined }
    | undefined;
  readonly node?: NodeOptions | undefined;
  /**
   * Environment variables that hold secrets, beside those that `secret()` names: what code reads
   * there by itself is taken out of all that Belfry keeps, too.
   */
  readonly secrets?: readonly string[] | undefined;
  /** The name of this code base among the sources of a store. Default: package.json's, or the folder's. */
  readonly name?: string | undefined;
}

interface NodeOptions {
  /** Attempts at once. Default 50. */
  readonly concurrency?: number | undefined;
  /** How long attempts may still take once the node is told to stop. Default `"25s"`. */
  readonly grace?: Duration | undefined;
  /** What is special about the node, such as `"gpu"`: a task whose `runsOn` names it runs only here. */
  readonly tags?: readonly string[] | undefined;
  /** After how long without a sign of life others take over. Default `"30s"`. */
  readonly lease?: Duration | undefined;
  /** A service outside that is told each minute that the node works, and misses it when it does not. */
  readonly heartbeat?: HeartbeatOption | undefined;
  /**
   * `HOST:PORT` at which `belfry up` shows health and metrics, or `"off"`.
   * Default `"127.0.0.1:7411"`, and the next free port where that is taken.
   */
  readonly http?: string | undefined;
}

/** A configuration as somebody wrote it, checked, durations in ms. */
export interface WrittenConfig extends WrittenTaskFile {
  readonly tasks?: readonly (string | Task)[] | Readonly<Record<string, unknown>> | undefined;
  readonly store?: string | Secret | undefined;
  readonly calendars?: Readonly<Record<string, WrittenCalendar>> | undefined;
  readonly channels?: Readonly<Record<string, WrittenChannel>> | undefined;
  readonly smtp?: WrittenSmtp | undefined;
  readonly alerts?: readonly string[] | undefined;
  readonly retention?: WrittenRetention | undefined;
  readonly node?: WrittenNode | undefined;
  readonly secrets?: readonly string[] | undefined;
  readonly name?: string | undefined;
}

/** What a YAML file of tasks says. */
export interface WrittenTaskFile {
  readonly timeZone?: string | undefined;
  readonly defaults?: WrittenPolicies | undefined;
}

interface WrittenRetention {
  readonly history?: number | undefined;
  readonly logs?: number | undefined;
}

interface WrittenNode {
  readonly concurrency?: number | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly grace?: number | undefined;
  readonly lease?: number | undefined;
  readonly heartbeat?: WrittenHeartbeat | undefined;
  readonly http?: string | undefined;
}

const STORE_ERROR = must("the URL of a store", "for example sqlite:.belfry/belfry.db");
const secretShape = { secret: z.string({ error: must("the name of an environment variable") }) };
const retentionShape = { history: durationSchema.optional(), logs: durationSchema.optional() };
const nodeShape = {
  concurrency: countSchema("attempts").optional(),
  tags: nodeTagsSchema.optional(),
  grace: durationSchema.optional(),
  lease: durationSchema.optional(),
  heartbeat: heartbeatSchema.optional(),
  http: z
    .string({ error: must("an address", HTTP_HINT) })
    .refine((text) => parseHttpAddress(text) !== null, {
      error: advise("is no address", HTTP_HINT),
    })
    .optional(),
};

const taskEntry = z.custom<string | Task>((value) => typeof value === "string" || isTask(value), {
  error: advise("must be a glob or a task", 'for example "tasks/**/*.ts"'),
});
/** Each task is checked by itself, so that one mistake refuses one task. */
const taskMap = z.record(z.string(), z.unknown());

const taskFileShape = {
  timeZone: timeZoneSchema.optional(),
  defaults: defaultsSchema.optional(),
  tasks: z.record(z.string(), z.unknown(), { error: must("a map of tasks") }).optional(),
};

const configShape = {
  ...taskFileShape,
  tasks: z
    .union([z.array(taskEntry), taskMap], { error: must("a list of globs, or a map of tasks") })
    .optional(),
  store: z
    .union([z.string(), z.strictObject(secretShape, { error: membersOf(secretShape) })], {
      error: STORE_ERROR,
    })
    .optional(),
  calendars: z
    .record(nameSchema, calendarSchema, { error: must("a map of named calendars") })
    .optional(),
  channels: z
    .record(nameSchema, channelSchema, { error: must("a map of named channels") })
    .optional(),
  smtp: smtpSchema.optional(),
  alerts: alertsSchema.optional(),
  retention: z.strictObject(retentionShape, { error: membersOf(retentionShape) }).optional(),
  secrets: z
    .array(
      z
        .string({ error: must("the name of an environment variable") })
        .min(1, { error: "is empty" }),
      {
        error: must("a list of environment variables"),
      },
    )
    .optional(),
  node: z.strictObject(nodeShape, { error: membersOf(nodeShape) }).optional(),
  name: z
    .string({ error: must("text") })
    .min(1, { error: "is empty" })
    .optional(),
};

export const configSchema: z.ZodType<WrittenConfig> = z.strictObject(configShape, {
  error: membersOf(configShape),
});

export const taskFileSchema: z.ZodType<
  WrittenTaskFile & { readonly tasks?: Readonly<Record<string, unknown>> | undefined }
> = z.strictObject(taskFileShape, { error: membersOf(taskFileShape) });
