import type { HeartbeatKind } from "../core/definition.ts";
import type { Beat, Heart, HeartbeatTarget } from "../heartbeat.ts";
import { betterStack } from "./better-stack.ts";
import { cronitor } from "./cronitor.ts";
import { healthchecks } from "./healthchecks.ts";
import { plain } from "./plain.ts";
import type { HeartbeatRequest, Service } from "./service.ts";

const SERVICES: Readonly<Record<HeartbeatKind, Service>> = {
  healthchecks,
  cronitor,
  "better-stack": betterStack,
  plain,
};

/** So much of an answer is looked at. */
const ANSWER_BYTES = 100;
/** More output than this leaves the house with no ping, whatever the service would take. */
const BODY_BYTES_MAX = 100_000;

const STATUS_WORDS: Readonly<Record<number, string>> = {
  401: "it does not take this key",
  403: "it does not take this key",
  404: "it knows no such check",
  409: "it has several checks of this name",
  429: "it wants fewer pings",
};

export interface HttpHeartOptions {
  /** Where secrets are read. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Name of this host, for services that show it. */
  readonly host: string;
  readonly version: string;
}

/**
 * Pings by HTTP. The URL stands in no error: what the network or the service says is told in words
 * of our own, since either may repeat the address it was asked for.
 */
export class HttpHeart implements Heart {
  readonly #options: HttpHeartOptions;
  /** By origin, how long a body it said it keeps. */
  readonly #limits = new Map<string, number>();
  /** Hosts that did not answer when they were last asked, and whether they are being asked now. */
  readonly #silent = new Map<string, "asked" | "left alone">();

  constructor(options: HttpHeartOptions) {
    this.#options = options;
  }

  async beat(target: HeartbeatTarget, beat: Beat, signal: AbortSignal): Promise<void> {
    const { environment, host } = this.#options;
    const { kind, url } = target.resolve(environment);
    const service = SERVICES[kind];
    const request = service.request(url, beat, host);
    if (request === null) return;
    await this.#unlessSilent(url.host, () => this.#send(request, beat, service, signal));
  }

  /** A host that is away gets one ping at a time, so that it does not keep the others waiting. */
  async #unlessSilent(host: string, send: () => Promise<void>): Promise<void> {
    if (this.#silent.get(host) === "asked") throw new Error(`${host} does not answer yet`);
    if (this.#silent.has(host)) this.#silent.set(host, "asked");
    try {
      await send();
      this.#silent.delete(host);
    } catch (thrown) {
      if (thrown instanceof SilentError) this.#silent.set(host, "left alone");
      else this.#silent.delete(host);
      throw thrown;
    }
  }

  async #send(
    request: HeartbeatRequest,
    beat: Beat,
    service: Service,
    signal: AbortSignal,
  ): Promise<void> {
    const body = await this.#addTail(request, beat);
    for (const method of request.methods) {
      const answer = await this.#ask(request.url, method, body, signal);
      if (answer.status === 405 && method !== request.methods.at(-1)) continue;
      const objection = objectionTo(answer, service);
      if (objection === null) return;
      throw new Error(`${request.url.host} ${objection}`);
    }
  }

  /** Adds the output's end to the address where it goes there, or answers with the body. */
  async #addTail({ tail, url }: HeartbeatRequest, beat: Beat): Promise<string> {
    if (tail === null) return "";
    const told = tail.as === "body" ? this.#limits.get(url.origin) : undefined;
    const text = await beat.tail(Math.min(told ?? tail.bytesMax, BODY_BYTES_MAX));
    if (tail.as === "body") return text;
    if (text !== "") url.searchParams.set("message", text);
    return "";
  }

  async #ask(
    url: URL,
    method: "GET" | "POST",
    body: string,
    signal: AbortSignal,
  ): Promise<HeartbeatAnswer> {
    const headers: Record<string, string> = { "user-agent": `Belfry/${this.#options.version}` };
    if (body !== "") headers["content-type"] = "text/plain; charset=utf-8";
    try {
      // Redirects would hand the address, and the output, to whoever they name.
      const response = await fetch(url, {
        method,
        headers,
        body: method === "POST" ? body : null,
        redirect: "manual",
        signal,
      });
      this.#remember(url, response.headers.get("ping-body-limit"));
      const location = response.headers.get("location");
      return { status: response.status, location, text: await beginningOf(response) };
    } catch (thrown) {
      throw new SilentError(
        signal.aborted
          ? `${url.host} did not answer in time`
          : `${url.host} cannot be reached: ${causeOf(thrown)}`,
      );
    }
  }

  #remember({ origin }: URL, limit: string | null): void {
    if (limit !== null && /^\d{1,9}$/.test(limit)) this.#limits.set(origin, Number(limit));
  }
}

/** No answer came. */
class SilentError extends Error {}

interface HeartbeatAnswer {
  readonly status: number;
  readonly location: string | null;
  readonly text: string;
}

function objectionTo(answer: HeartbeatAnswer, service: Service): string | null {
  const { status, location, text } = answer;
  if (status >= 200 && status < 300) {
    const objection = service.objection?.(text) ?? null;
    return objection === null ? null : `answered ${status}: ${objection}`;
  }
  const moved = location === null ? "" : hostOf(location);
  if (status >= 300 && status < 400) return `answered ${status}: write its new address${moved}`;
  const words = STATUS_WORDS[status];
  return `answered ${status}${words === undefined ? "" : `: ${words}`}`;
}

/** Of a new address too the host alone is told. */
function hostOf(location: string): string {
  const url = URL.parse(location);
  return url === null ? "" : `, ${url.protocol}//${url.host}`;
}

async function beginningOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const reader = response.body?.getReader();
  while (reader !== undefined && bytes < ANSWER_BYTES) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    bytes += value.byteLength;
  }
  await reader?.cancel();
  return Buffer.concat(chunks).toString("utf8", 0, ANSWER_BYTES);
}

/** Not its message: that may contain the URL. */
function causeOf(thrown: unknown): string {
  const cause = thrown instanceof Error ? thrown.cause : null;
  if (!(cause instanceof Error)) return "the network failed";
  return "code" in cause && typeof cause.code === "string" ? cause.code : cause.name;
}
