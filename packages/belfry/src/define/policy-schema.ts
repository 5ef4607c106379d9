import { parseDuration, ScheduleError } from "@belfry/schedule";
import { z } from "zod";
import type { CatchUp, Delivery, Overlap, Policies } from "../core/definition.ts";
import { advise, membersOf, must, mustBeOneOf } from "./issues.ts";
import { nodeTagSchema, nodeTagsSchema } from "./node-tags.ts";

/** Policies as somebody wrote them, in the units of the store: what is undefined was not said. */
export interface WrittenPolicies {
  readonly catchUp?: CatchUp | undefined;
  readonly startWithin?: Policies["startWithin"] | undefined;
  readonly concurrency?: Policies["concurrency"] | undefined;
  readonly overlap?: Overlap | undefined;
  readonly retry?: WrittenRetry | undefined;
  readonly timeout?: number | null | undefined;
  readonly deadline?: number | null | undefined;
  /** 0: none. */
  readonly jitter?: number | undefined;
  readonly delivery?: Delivery | undefined;
  readonly runsOn?: readonly string[] | undefined;
}

export interface WrittenRetry {
  readonly attempts?: number | undefined;
  readonly wait?: number | undefined;
  readonly max?: number | undefined;
}

const DURATION_HINT = 'write it with its unit, such as "90s", "15m", "2h" or "1d"';

/** A duration in ms, longer than nothing. */
export const durationSchema: z.ZodType<number, string> = z
  .string({ error: durationError("a duration") })
  .transform((text, ctx) => {
    try {
      const ms = parseDuration(text);
      if (ms > 0) return ms;
      ctx.addIssue(advise("must be longer than nothing", DURATION_HINT));
    } catch (thrown) {
      if (!(thrown instanceof ScheduleError)) throw thrown;
      ctx.addIssue(advise(`"${text}" is not a duration`, DURATION_HINT));
    }
    return z.NEVER;
  });

/** The likeliest mistake has a message of its own. */
function durationError(be: string): (issue: z.core.$ZodRawIssue) => string {
  return (issue) =>
    typeof issue.input === "number"
      ? advise(`${issue.input} is a bare number, not a duration`, DURATION_HINT)
      : must(be, DURATION_HINT)(issue);
}

/** A count of at least one. */
export function countSchema(of: string): z.ZodType<number, number> {
  const message = must(`a whole number of ${of}, at least 1`);
  return z.int({ error: message }).min(1, { error: message });
}

const unlimited = z.literal("unlimited").transform(() => null);

const limitSchema = z.union([unlimited, durationSchema], {
  error: durationError('a duration or "unlimited"'),
});

const concurrencyShape = {
  limit: countSchema("runs"),
  by: z.string({ error: must("the name of a field of the payload") }).min(1),
};

const concurrencySchema = z.union(
  [
    unlimited.transform(() => ({ limit: null, by: null })),
    countSchema("runs").transform((limit) => ({ limit, by: null })),
    z.strictObject(concurrencyShape, { error: membersOf(concurrencyShape) }),
  ],
  { error: must('a number of runs, "unlimited" or { limit, by }') },
);

const retryShape = {
  attempts: countSchema("attempts").optional(),
  wait: durationSchema.optional(),
  max: durationSchema.optional(),
};

const retrySchema = z.union(
  [
    countSchema("attempts").transform((attempts) => ({ attempts })),
    z.strictObject(retryShape, { error: membersOf(retryShape) }),
  ],
  { error: must("a number of attempts, the first included, or { attempts, wait, max }") },
);

function oneOf<const Words extends readonly string[]>(words: Words) {
  return z.enum(words, { error: mustBeOneOf(words) });
}

/** The members that `defaults` and every task have in common. */
export const policyShape: PolicyShape = {
  catchUp: oneOf(["none", "latest", "all"]).optional(),
  startWithin: z
    .union([z.literal("next"), unlimited, durationSchema], {
      error: durationError('a duration, "next" or "unlimited"'),
    })
    .optional(),
  concurrency: concurrencySchema.optional(),
  overlap: oneOf(["skip", "queue", "replace"]).optional(),
  retry: retrySchema.optional(),
  timeout: limitSchema.optional(),
  deadline: limitSchema.optional(),
  jitter: z
    .union([z.literal("none").transform(() => 0), durationSchema], {
      error: durationError('a duration or "none"'),
    })
    .optional(),
  delivery: oneOf(["at-least-once", "at-most-once"]).optional(),
  runsOn: z
    .union([nodeTagSchema.transform((tag) => [tag]), nodeTagsSchema], {
      error: must("a tag of a node, or a list of them", 'for example "gpu"'),
    })
    .optional(),
};

type PolicyShape = { readonly [Key in keyof WrittenPolicies]-?: z.ZodType<WrittenPolicies[Key]> };

/** Policies for every task that does not say otherwise. */
export const defaultsSchema: z.ZodType<WrittenPolicies> = z.strictObject(policyShape, {
  error: membersOf(policyShape),
});
