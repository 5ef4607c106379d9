import { z } from "zod";
import type { HeartbeatKind } from "../core/definition.ts";
import { HEARTBEAT_KINDS } from "../core/heartbeat-kind.ts";
import { httpUrl } from "./http-url.ts";
import { advise, membersOf, must, mustBeOneOf } from "./issues.ts";
import type { Secret } from "./secret.ts";
import { secretSchema } from "./secret-schema.ts";

/** Who is told of each ended run, or that the node lives: a URL, or the secret that holds it. */
export type HeartbeatOption =
  | string
  | Secret
  | {
      readonly url: string | Secret;
      /** The service, where host and path do not tell. `plain`: any URL, called after a success. */
      readonly kind: HeartbeatKind;
    };

/** A heartbeat as somebody wrote it; `kind` null: as the URL tells. */
export interface WrittenHeartbeat {
  readonly url: string | Secret;
  readonly kind: HeartbeatKind | null;
}

const HINT = "for example https://hc-ping.com/UUID, or the name of a secret that holds it";

/** Its messages do not repeat the URL: problems are printed, and it is a secret of a kind. */
const urlSchema = z.string({ error: must("a URL", HINT) }).superRefine((text, ctx) => {
  const { objection } = httpUrl(text);
  if (objection !== null) ctx.addIssue(advise(objection, HINT));
});

const addressSchema = z.union([urlSchema, secretSchema], {
  error: must("a URL or the name of a secret", HINT),
});

const shape = {
  url: addressSchema,
  kind: z.enum(HEARTBEAT_KINDS, { error: mustBeOneOf(HEARTBEAT_KINDS) }),
};

export const heartbeatSchema: z.ZodType<WrittenHeartbeat> = z.union(
  [
    urlSchema.transform((url) => ({ url, kind: null })),
    secretSchema.transform((url) => ({ url, kind: null })),
    z.strictObject(shape, { error: membersOf(shape) }),
  ],
  { error: must("a URL, the name of a secret, or { url, kind }", HINT) },
);
