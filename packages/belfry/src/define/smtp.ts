import { z } from "zod";
import { BelfryError } from "../core/errors.ts";
import type { SmtpServer } from "../mailers/smtp.ts";
import { advise, membersOf, must } from "./issues.ts";
import { type Environment, resolveSecret, type Secret } from "./secret.ts";
import { type SecretText, secretTextSchema } from "./secret-text.ts";

/** The server that mail is handed to: a URL, a secret that is one, or its parts. */
export type SmtpOptions =
  | string
  | Secret
  | {
      readonly host: string;
      /** Default: 465 where it is `secure`, else 587. */
      readonly port?: number | undefined;
      /** TLS from the first byte, and not only once the server offers it. Default: false. */
      readonly secure?: boolean | undefined;
      readonly user?: string | undefined;
      readonly password?: string | Secret | undefined;
    };

/** `smtp` as somebody wrote it, checked as far as it can be without its secrets. */
export type WrittenSmtp = SecretText | WrittenServer;

interface WrittenServer {
  readonly host: string;
  readonly port?: number | undefined;
  readonly secure?: boolean | undefined;
  readonly user?: string | undefined;
  readonly password?: SecretText | undefined;
}

const HINT = "for example smtp://user:password@mail.example.org:587, or smtps://… for port 465";
const HOST = /^(?:[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|[0-9A-Fa-f]*:[0-9A-Fa-f:.]+)$/;

const serverShape = {
  host: z.string({ error: must("the name of a host") }).regex(HOST, { error: "is no host" }),
  port: z
    .int({ error: must("a port") })
    .min(1, { error: "is no port" })
    .max(65_535, { error: "is no port" })
    .optional(),
  secure: z.boolean({ error: must("true or false") }).optional(),
  user: z.string({ error: must("text") }).optional(),
  password: secretTextSchema("text or secret(NAME)").optional(),
};

export const smtpSchema: z.ZodType<WrittenSmtp> = z.union(
  [
    secretTextSchema("the URL of a server").refine(isReadable, {
      error: advise("is no URL of a mail server", HINT),
    }),
    z.strictObject(serverShape, { error: membersOf(serverShape) }),
  ],
  { error: must("the URL of a mail server", HINT) },
);

function isReadable(written: SecretText): boolean {
  return typeof written !== "string" || parseUrl(written) !== null;
}

/**
 * The server as this node knows it.
 *
 * @throws BelfryError `missing-secret`, `unreadable-secret`, or `bad-smtp` where a secret is no URL;
 * the message never shows it.
 */
export function resolveSmtp(written: WrittenSmtp, environment: Environment): SmtpServer {
  if (typeof written === "object" && "host" in written) {
    const { host, port, secure = false, user = null, password = null } = written;
    return {
      host,
      port: port ?? (secure ? 465 : 587),
      security: secure ? "tls" : "starttls",
      user,
      password: password === null ? null : plainOf(password, environment),
    };
  }
  const server = parseUrl(plainOf(written, environment));
  if (server !== null) return server;
  throw new BelfryError("usage", "bad-smtp", "it is no URL of a mail server", HINT);
}

function plainOf(written: SecretText, environment: Environment): string {
  return typeof written === "string" ? written : resolveSecret(written, environment);
}

function parseUrl(text: string): SmtpServer | null {
  const url = URL.parse(text);
  if (url === null || !["smtp:", "smtps:"].includes(url.protocol)) return null;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (!HOST.test(host)) return null;
  const isSecure = url.protocol === "smtps:";
  try {
    return {
      host,
      port: url.port === "" ? (isSecure ? 465 : 587) : Number(url.port),
      security: isSecure ? "tls" : "starttls",
      user: url.username === "" ? null : decodeURIComponent(url.username),
      password: url.password === "" ? null : decodeURIComponent(url.password),
    };
  } catch {
    return null;
  }
}
