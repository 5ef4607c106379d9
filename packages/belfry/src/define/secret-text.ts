import { z } from "zod";
import { advise, must } from "./issues.ts";
import type { Secret } from "./secret.ts";

/** Text that may be secret: as it is, or by the name under which the node knows it. */
export type SecretText = string | Secret;

const HINT = "in YAML { secret: NAME }, and the value in that environment variable";

const secretShape = {
  secret: z
    .string({ error: must("the name of an environment variable") })
    .min(1, { error: "is empty" }),
};

/** `secret(NAME)`, in YAML `{ secret: NAME }`. */
export const secretSchema: z.ZodType<Secret> = z
  .looseObject(secretShape, { error: must("secret(NAME)", HINT) })
  // Not a strict object: in a union, that would claim whatever else has a member of this name.
  .refine((value) => Object.keys(value).length === 1, {
    error: advise("must be secret(NAME) and nothing else", HINT),
    abort: true,
  })
  .transform(({ secret }) => ({ secret }));

/** @param be what it must be, for the message. */
export function secretTextSchema(be: string, hint?: string): z.ZodType<SecretText> {
  return z.union([z.string({ error: must(be, hint) }), secretSchema], { error: must(be, hint) });
}
