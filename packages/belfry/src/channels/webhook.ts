import { createHmac } from "node:crypto";
import type { Alert, Channel } from "../channel.ts";
import type { Clock } from "../clock.ts";
import { BelfryError, RefusedForGood } from "../core/errors.ts";
import { redact } from "../core/redact.ts";
import { alertBody } from "./alert-body.ts";

export interface WebhookSettings {
  readonly kind: "webhook";
  readonly url: URL;
  /** What bodies are signed with; null: they are not. */
  readonly secret: string | null;
}

/** Of an answer no more is read: it is for people, and may be anything. */
const ANSWER_BYTES_MAX = 2 * 1024;
const ANSWER_LENGTH_SHOWN = 200;

/**
 * Posts alerts as JSON. Whatever the operator's configuration names may be reached, private
 * addresses too; but a redirect is not followed, so no answer decides where an alert goes.
 */
export function createWebhookChannel(
  settings: WebhookSettings,
  { clock, version }: { readonly clock: Clock; readonly version: string },
): Channel {
  const { url, secret } = settings;
  const secrets = secretsIn(settings);
  return {
    async send(alert, signal) {
      const body = alertBody(alert);
      const headers = {
        ...headersOf(alert, url, version),
        ...(secret === null ? {} : { "Belfry-Signature": signature(body, secret, clock.now()) }),
      };
      const said = await post({ url: bare(url), headers, body, signal }).catch(
        (thrown: unknown) => {
          throw unreached(thrown, url, signal, secrets);
        },
      );
      const { status, text } = said;
      const answer = redact(text, secrets).slice(0, ANSWER_LENGTH_SHOWN);
      const line = `${url.host} answered ${status}${answer === "" ? "" : `: ${answer}`}`;
      if (status >= 200 && status < 300) return line;
      const Refusal = isForGood(status) ? RefusedForGood : BelfryError;
      throw new Refusal("unavailable", "alert-refused", line, hintOf(status));
    },
  };
}

function headersOf(alert: Alert, url: URL, version: string): Record<string, string> {
  const { username, password } = url;
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const basic = `Basic ${Buffer.from(user).toString("base64")}`;
  return {
    "Content-Type": "application/json",
    "User-Agent": `Belfry/${version}`,
    "Idempotency-Key": alert.id,
    "Belfry-Delivery": alert.id,
    ...(username === "" && password === "" ? {} : { Authorization: basic }),
  };
}

/** `t=SECONDS,v1=HEX`: the signature covers the instant, so that an old body cannot be replayed. */
function signature(body: string, secret: string, now: number): string {
  const t = Math.floor(now / 1_000);
  const v1 = createHmac("sha256", secret).update(`${t}.${body}`).digest("hex");
  return `t=${t},v1=${v1}`;
}

/** `fetch` takes no URL with a user in it. */
function bare(url: URL): URL {
  const copy = new URL(url);
  copy.username = "";
  copy.password = "";
  copy.hash = "";
  return copy;
}

interface Post {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

async function post({ url, headers, body, signal }: Post): Promise<{
  readonly status: number;
  readonly text: string;
}> {
  const answer = await fetch(url, { method: "POST", headers, body, signal, redirect: "manual" });
  return { status: answer.status, text: await beginning(answer) };
}

/** What was taken is taken, even where its answer then breaks off. */
async function beginning({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of body ?? []) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= ANSWER_BYTES_MAX) break;
    }
  } catch {
    // The status was read, and it decides.
  }
  return Buffer.concat(chunks).subarray(0, ANSWER_BYTES_MAX).toString("utf8");
}

/** Of what is wrong with a request, 408, 425 and 429 alone say that it may be sent again. */
function isForGood(status: number): boolean {
  return status >= 300 && status < 500 && ![408, 425, 429].includes(status);
}

function hintOf(status: number): string | null {
  if (status >= 300 && status < 400) {
    return "redirects are not followed: write the address that it leads to";
  }
  if (status === 401 || status === 403) return "check the token or the user in the webhook's URL";
  return status === 404 || status === 410 ? "check the path of the webhook's URL" : null;
}

function unreached(
  thrown: unknown,
  url: URL,
  signal: AbortSignal,
  secrets: readonly (string | null)[],
): BelfryError {
  const message = signal.aborted
    ? `${url.host} did not answer in time`
    : `${url.host} could not be reached: ${redact(reasonOf(thrown), secrets)}`;
  return new BelfryError("unavailable", "alert-unreached", message);
}

/** `fetch` itself says only that it failed; why stands in the causes, of several addresses in all. */
function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  if (thrown instanceof AggregateError && thrown.message === "") {
    return thrown.errors.map(reasonOf).join(", ");
  }
  return thrown.cause === undefined ? thrown.message : reasonOf(thrown.cause);
}

/** Most webhooks' addresses are their passwords; the host alone may be said. */
function secretsIn({ url, secret }: WebhookSettings): (string | null)[] {
  const path = url.pathname === "/" ? null : url.pathname;
  const parameters = [...url.searchParams.values()];
  const segments = url.pathname.split("/").filter((segment) => segment.length >= 12);
  const target = url.search === "" ? null : `${url.pathname}${url.search}`;
  return [
    url.href,
    target,
    path,
    url.search,
    ...parameters,
    ...segments,
    url.username,
    url.password,
    secret,
  ];
}
