import { z } from "zod";
import { isMailAddress, readMailbox } from "../core/mail-address.ts";
import { advise, membersOf, must } from "./issues.ts";
import type { Secret } from "./secret.ts";
import { type SecretText, secretSchema, secretTextSchema } from "./secret-text.ts";

/** A way to tell people: one of `webhook`, `email` and `command`. */
export type ChannelOptions =
  | {
      /**
       * Where each alert is posted as JSON: a URL, or a secret that is one. With `secret`, bodies are
       * signed by it.
       */
      readonly webhook:
        | string
        | Secret
        | { readonly url: string | Secret; readonly secret?: Secret | undefined };
    }
  | {
      readonly email: {
        readonly to: string | readonly string[];
        /** `address` or `Name <address>`. Default: the mail server's user, else `belfry@HOST`. */
        readonly from?: string | undefined;
      };
    }
  | {
      /** A program and its arguments; the alert is JSON on its standard input. */
      readonly command: readonly string[];
    };

/** A channel as somebody wrote it, checked as far as it can be without its secrets. */
export type WrittenChannel =
  | { readonly webhook: WrittenWebhook }
  | { readonly email: { readonly to: readonly string[]; readonly from?: string | undefined } }
  | { readonly command: readonly string[] };

export interface WrittenWebhook {
  readonly url: SecretText;
  readonly secret?: Secret | undefined;
}

const URL_LENGTH_MAX = 2_048;
const URL_HINT = "for example https://alerts.example.org/belfry";

/** A URL that may be posted to; null: it is none. */
export function readWebhookUrl(text: string): URL | null {
  if (text.length > URL_LENGTH_MAX) return null;
  const url = URL.parse(text);
  return url !== null && ["http:", "https:"].includes(url.protocol) ? url : null;
}

const webhookUrl = secretTextSchema("a URL", URL_HINT).refine(
  (written) => typeof written !== "string" || readWebhookUrl(written) !== null,
  { error: advise("is no http or https URL", URL_HINT) },
);

const webhookShape = {
  url: webhookUrl,
  // By name only: text here would be taken for the name as often as it is the secret.
  secret: secretSchema.optional(),
};

const webhookSchema = z.union(
  [
    z.strictObject(webhookShape, { error: membersOf(webhookShape) }),
    webhookUrl.transform((url): WrittenWebhook => ({ url })),
  ],
  { error: must("a URL, secret(NAME) or { url, secret }", URL_HINT) },
);

const ADDRESS_ERROR = must("a mail address", "for example ops@example.org");
const address = z
  .string({ error: ADDRESS_ERROR })
  .refine(isMailAddress, { error: advise("is no mail address", "for example ops@example.org") });

const emailShape = {
  to: z.union(
    [
      address.transform((to) => [to]),
      z.array(address).min(1, { error: "is an empty list" }).max(50, { error: "has more than 50" }),
    ],
    { error: ADDRESS_ERROR },
  ),
  from: z
    .string({ error: ADDRESS_ERROR })
    .refine((text) => readMailbox(text) !== null, {
      error: advise("is no mail address", "for example Belfry <belfry@example.org>"),
    })
    .optional(),
};

const commandSchema = z
  .array(z.string({ error: must("text", "put it in quotes") }).regex(/^[^\0]*$/), {
    error: must("a list: the program, then its arguments"),
  })
  .min(1, { error: "is empty: it must name a program" });

const channelShape = {
  webhook: webhookSchema.optional(),
  email: z.strictObject(emailShape, { error: membersOf(emailShape) }).optional(),
  command: commandSchema.optional(),
};

/** One channel, for code and for YAML. */
export const channelSchema: z.ZodType<WrittenChannel> = z
  .strictObject(channelShape, { error: membersOf(channelShape) })
  .transform(({ webhook, email, command }, ctx): WrittenChannel => {
    const [only, ...others] = [
      ...(webhook === undefined ? [] : [{ webhook }]),
      ...(email === undefined ? [] : [{ email }]),
      ...(command === undefined ? [] : [{ command }]),
    ];
    if (only !== undefined && others.length === 0) return only;
    const hint = "give it one of webhook, email and command";
    const message = only === undefined ? "says no way to tell" : "says more than one way to tell";
    ctx.addIssue(advise(message, hint));
    return z.NEVER;
  });
