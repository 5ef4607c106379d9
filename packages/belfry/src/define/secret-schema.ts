import { z } from "zod";
import { membersOf, must } from "./issues.ts";
import type { Secret } from "./secret.ts";

const shape = {
  secret: z
    .string({ error: must("the name of an environment variable") })
    .min(1, { error: "is empty: it must be the name of an environment variable" }),
};

/** `secret("NAME")`, or `{ secret: NAME }` as YAML has it. */
export const secretSchema: z.ZodType<Secret> = z.strictObject(shape, { error: membersOf(shape) });
