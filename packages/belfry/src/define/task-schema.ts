import { DIALECT_NAMES, type Dialect, type Schedule } from "@belfry/schedule";
import { z } from "zod";
import type { SecretName } from "../executor.ts";
import type { FunctionWork } from "../executors/function.ts";
import type { StandardSchemaV1 } from "../executors/standard-schema.ts";
import { daysSchema, type WrittenDays } from "./calendars.ts";
import { heartbeatSchema, type WrittenHeartbeat } from "./heartbeat-schema.ts";
import { advise, membersOf, must, mustBeOneOf } from "./issues.ts";
import { policyShape, type WrittenPolicies } from "./policy-schema.ts";
import { secretSchema } from "./secret-schema.ts";

/** A schedule in whatever form somebody wrote it, not yet parsed. */
export type WrittenSchedule =
  | string
  | (WrittenOccasion & { readonly cron: string; readonly dialect?: CronDialect | undefined })
  | (WrittenOccasion & { readonly every: string; readonly anchor?: Text })
  | { readonly at: string; readonly timeZone?: Text }
  | Schedule;

/** Of which of its occurrences there are to be runs, and in which zone those are. */
export interface WrittenOccasion {
  readonly timeZone?: Text;
  readonly on?: WrittenDays | undefined;
  readonly except?: WrittenDays | undefined;
  readonly otherwise?: "skip" | "next" | "previous" | undefined;
  readonly during?: Text;
}

type Text = string | undefined;

/** The dialects that `cron` may be in: all that have no form of their own. */
export type CronDialect = Exclude<Dialect, "every" | "at">;

const CRON_DIALECTS = DIALECT_NAMES.filter(isCronDialect);

function isCronDialect(dialect: Dialect): dialect is CronDialect {
  return dialect !== "every" && dialect !== "at";
}

export interface WrittenNamedSchedule {
  readonly schedule: readonly WrittenSchedule[];
  readonly payload?: unknown;
}

/** A task as somebody wrote it, in code or in YAML; defaults are not filled in. */
export interface WrittenTask extends WrittenPolicies {
  readonly description?: Text;
  readonly owner?: Text;
  readonly severity?: Text;
  readonly tags?: readonly string[] | undefined;
  readonly runbook?: Text;
  readonly idempotent?: true | string | undefined;
  readonly alerts?: readonly string[] | undefined;
  readonly heartbeat?: WrittenHeartbeat | undefined;
  readonly schedule?: readonly WrittenSchedule[] | undefined;
  readonly schedules?: Readonly<Record<string, WrittenNamedSchedule>> | undefined;
  readonly payload?: StandardSchemaV1 | undefined;
  readonly checkpoint?: StandardSchemaV1 | undefined;
  readonly run?: FunctionWork["run"] | undefined;
  readonly command?: readonly string[] | undefined;
  readonly shell?: { readonly line: string; readonly program: string } | undefined;
  readonly cwd?: Text;
  readonly env?: Readonly<Record<string, string | SecretName>> | undefined;
  readonly stdin?: string | SecretName | undefined;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;
const NAME_MESSAGE = advise(
  "is not a name",
  "a name has at most 128 letters, digits and - _ . :, and begins with a letter or a digit",
);

/** Of a task or of a schedule: it stands in `TASK/KEY@INSTANT`, so it has no `/`, `@` or space. */
export const nameSchema: z.ZodType<string, string> = z
  .string({ error: NAME_MESSAGE })
  .regex(NAME, { error: NAME_MESSAGE });

const SHELL = "/bin/sh";

/** In YAML much that was meant as text is not: `8080`, `true`, `on`. */
function text(be = "text"): z.ZodString {
  return z.string({
    error: (issue) =>
      must(be, typeof issue.input === "object" ? undefined : "put it in quotes")(issue),
  });
}

/** Names of channels; whether there are such is for the configuration to say. */
export const alertsSchema: z.ZodType<readonly string[], string[]> = z.array(
  text("the name of a channel").min(1, { error: "is empty" }),
  { error: must("a list of the configuration's channels", 'for example ["ops"]') },
);

function isParsed(value: unknown): value is Schedule {
  return (
    typeof value === "object" &&
    value !== null &&
    "next" in value &&
    typeof value.next === "function" &&
    "expression" in value
  );
}

/** Reports as another type, not as a fault, so that a union looks for its nearest member elsewhere. */
const parsedSchedule = z.unknown().transform((value, ctx): Schedule => {
  if (isParsed(value)) return value;
  ctx.addIssue({ code: "invalid_type", expected: "object" });
  return z.NEVER;
});

function members<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, { error: membersOf(shape) });
}

const timeZone = text("the name of a time zone").optional();

const dialect = z.enum(CRON_DIALECTS, { error: mustBeOneOf(CRON_DIALECTS) });

const WAYS = ["skip", "next", "previous"] as const;

const occasionShape = {
  timeZone,
  on: daysSchema.optional(),
  except: daysSchema.optional(),
  otherwise: z.enum(WAYS, { error: mustBeOneOf(WAYS) }).optional(),
  during: text('two times of day, such as "09:00-17:00"').optional(),
};

const scheduleForms = [
  text().min(1, { error: "is empty" }),
  members({ cron: text("a cron expression"), dialect: dialect.optional(), ...occasionShape }),
  members({ every: text('a duration, such as "6h"'), anchor: text().optional(), ...occasionShape }),
  members({ at: text("an instant or a local time"), timeZone }),
  parsedSchedule,
] as const;

const SCHEDULE_ERROR = must(
  "a schedule",
  'write "0 3 * * *", "every 6h", { cron, timeZone, dialect }, { every, anchor } or { at }',
);

const scheduleSchema = z.union(scheduleForms, { error: SCHEDULE_ERROR });
const arraySchema = z.array(scheduleSchema).min(1, { error: "is an empty list" });
/** One schedule, or a list whose union is one. */
export const schedulesSchema: z.ZodType<readonly WrittenSchedule[]> = z.union(
  [...scheduleForms.map(inList), arraySchema],
  {
    error: SCHEDULE_ERROR,
  },
);

function inList(form: z.ZodType<WrittenSchedule>): z.ZodType<readonly WrittenSchedule[]> {
  return form.transform((schedule) => [schedule]);
}

const namedScheduleSchema = z.union(
  [
    ...scheduleForms.map((form) => inList(form).transform((schedule) => ({ schedule }))),
    arraySchema.transform((schedule) => ({ schedule })),
    members({ schedule: schedulesSchema, payload: z.unknown().optional() }),
  ],
  { error: SCHEDULE_ERROR },
);

const standardSchema = z.custom<StandardSchemaV1>(
  (value) =>
    (typeof value === "object" || typeof value === "function") &&
    value !== null &&
    "~standard" in value,
  { error: advise("must be a Standard Schema", "for example z.object({ … }) of zod") },
);

const runSchema = z.custom<FunctionWork["run"]>((value) => typeof value === "function", {
  error: advise(
    "must be a function, command([…]) or shell(…)",
    "in YAML, write command: [program, argument] or shell: a line",
  ),
});

/** Whoever may list the processes of a host reads their arguments. */
const argumentSchema = text().or(
  secretSchema
    .refine(() => false, {
      error: advise(
        "is a secret, and arguments are seen by all users of the host",
        "give it by env or by stdin",
      ),
    })
    .transform(() => ""),
);

const taskShape = {
  ...policyShape,
  description: text().optional(),
  owner: text().optional(),
  severity: text().optional(),
  tags: z.array(text(), { error: must("a list of words") }).optional(),
  runbook: text().optional(),
  idempotent: z
    .union([z.literal(true), text().min(1, { error: "is empty" })], {
      error: must("true, or why a repeated attempt does no harm"),
    })
    .optional(),
  alerts: alertsSchema.optional(),
  heartbeat: heartbeatSchema.optional(),
  schedule: schedulesSchema.optional(),
  schedules: z
    .record(nameSchema, namedScheduleSchema, { error: must("a map of named schedules") })
    .optional(),
  payload: standardSchema.optional(),
  checkpoint: standardSchema.optional(),
  run: runSchema.optional(),
  command: z
    .array(argumentSchema, { error: must("a list: the program, then its arguments") })
    .min(1, { error: "is empty: it must name a program" })
    .optional(),
  shell: z
    .union(
      [
        text()
          .min(1, { error: "is empty" })
          .transform((line) => ({ line, program: SHELL })),
        members({ line: text().min(1), program: text("the path of a shell").min(1) }),
      ],
      { error: must("a line of text, or { line, program }") },
    )
    .optional(),
  cwd: text("the path of a folder").optional(),
  env: z
    .record(
      text(),
      z.union([text(), secretSchema], {
        error: must("text or { secret: NAME }", "put it in quotes"),
      }),
      { error: must("a map of environment variables") },
    )
    .optional(),
  stdin: z
    .union([text(), secretSchema], { error: must("text or { secret: NAME }", "put it in quotes") })
    .optional(),
};

/** The one schema of a task, for code and for YAML. */
export const taskSchema: z.ZodType<WrittenTask> = members(taskShape).superRefine((task, ctx) => {
  const ways = [task.run, task.command, task.shell].filter((way) => way !== undefined).length;
  if (ways === 0) {
    ctx.addIssue(advise("says nothing to run", "give it run, or in YAML command or shell"));
  }
  if (ways > 1) {
    ctx.addIssue(advise("says more than one thing to run", "keep one of run, command and shell"));
  }
  if (task.run !== undefined) {
    for (const key of ["cwd", "env", "stdin"] as const) {
      if (task[key] === undefined) continue;
      const message = advise("is for commands", "a function reads its environment itself");
      ctx.addIssue({ code: "custom", path: [key], message });
    }
  } else if (task.checkpoint !== undefined) {
    const message = advise("is for functions", "a command has the file BELFRY_CHECKPOINT");
    ctx.addIssue({ code: "custom", path: ["checkpoint"], message });
  }
  if (task.schedule !== undefined && task.schedules !== undefined) {
    const message = advise("stands beside schedules", "move it into schedules under a name");
    ctx.addIssue({ code: "custom", path: ["schedule"], message });
  }
});
