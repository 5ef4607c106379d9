import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

// A receiver of pings that does what Healthchecks does, written from its documentation and tests,
// not from its code: what Belfry sends is judged by it, and curl judges it.

type Action = "success" | "start" | "fail" | "log" | "ign";

export interface Ping {
  readonly at: number;
  readonly action: Action;
  readonly method: string;
  readonly body: Buffer;
  readonly rid: string | null;
  readonly exitStatus: number | null;
  readonly userAgent: string;
  readonly remoteAddress: string;
  readonly scheme: string;
}

export interface Check {
  readonly uuid: string;
  slug: string;
  methods: "" | "POST";
  manualResume: boolean;
  /** Comma-separated words looked for in the body; null: the body says nothing. */
  filter: { success: string; start: string; failure: string; default: "fail" | "ign" } | null;
  status: "new" | "up" | "down" | "paused";
  lastPing: number | null;
  lastDuration: number | null;
  lastStart: number | null;
  lastStartRid: string | null;
  timeoutMs: number;
  graceMs: number;
  readonly pings: Ping[];
  readonly flips: { readonly from: Check["status"]; readonly to: Check["status"] }[];
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const HOUR_MS = 3_600_000;

interface Asked {
  readonly check: Check | null;
  readonly slug: string | null;
  readonly step: string | null;
}

export class HealthchecksReceiver implements AsyncDisposable {
  readonly pingKey = "fQlH3zJk1mN0pQ2rS4tU5v";
  readonly checks: Check[] = [];
  /** First so many bytes of a body are kept; null: all. */
  bodyLimit: number | null = 10_000;
  /** The most checks that `create=1` may make. */
  checksMax: number = Number.POSITIVE_INFINITY;
  /** What each request waits for before anything of it is looked at. */
  gate: () => Promise<void> = () => Promise.resolve();
  /** Requests that have come, answered or not. */
  requests = 0;
  readonly #wakers = new Set<() => void>();
  #server: Server | null = null;
  #port = 0;

  static async open(): Promise<HealthchecksReceiver> {
    const receiver = new HealthchecksReceiver();
    await receiver.comeBack();
    return receiver;
  }

  get base(): string {
    return `http://127.0.0.1:${this.#port}/ping`;
  }

  add(over: Partial<Omit<Check, "uuid" | "pings" | "flips">> = {}): Check {
    const check: Check = {
      uuid: randomUUID(),
      slug: "",
      methods: "",
      manualResume: false,
      filter: null,
      status: "new",
      lastPing: null,
      lastDuration: null,
      lastStart: null,
      lastStartRid: null,
      timeoutMs: 24 * HOUR_MS,
      graceMs: HOUR_MS,
      pings: [],
      flips: [],
      ...over,
    };
    this.checks.push(check);
    return check;
  }

  url(check: Check): string {
    return `${this.base}/${check.uuid}`;
  }

  /** Nobody listens any more; connections are cut. */
  async goAway(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server === null) return;
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  }

  /** Listens where it did before. */
  async comeBack(): Promise<void> {
    const server = createServer((request, response) => {
      this.requests += 1;
      this.#wake();
      void this.#receive(request, response).catch(() => response.destroy());
    });
    server.listen(this.#port, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (typeof address === "object" && address !== null) this.#port = address.port;
    this.#server = server;
  }

  /** Resolves when something is so, looked at with each request and ping. */
  async until(isSo: () => boolean, ms = 15_000): Promise<void> {
    const late = AbortSignal.timeout(ms);
    while (!isSo()) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const fail = (): void => reject(new Error(`not so within ${ms} ms: ${isSo}`));
      late.addEventListener("abort", fail, { once: true });
      this.#wakers.add(resolve);
      await promise.finally(() => late.removeEventListener("abort", fail));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.goAway();
  }

  #wake(): void {
    for (const wake of this.#wakers) wake();
    this.#wakers.clear();
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk);
    await this.gate();
    const { status, text } = this.#answer(request, Buffer.concat(chunks));
    response.setHeader("access-control-allow-origin", "*");
    response.setHeader("cache-control", "max-age=0, no-cache, no-store, must-revalidate, private");
    if (this.bodyLimit !== null) response.setHeader("ping-body-limit", this.bodyLimit);
    response.writeHead(status).end(text);
    this.#wake();
  }

  /** In this order: the slug's letters, the check, its making, the exit status, the body, the rid. */
  #answer(request: IncomingMessage, whole: Buffer): { status: number; text: string } {
    const url = new URL(request.url ?? "/", this.base);
    const asked = this.#find(url.pathname);
    if ("status" in asked) return asked;
    let { check } = asked;
    const isNew = check === null;
    if (check === null) {
      const mayCreate = url.searchParams.get("create") === "1" && asked.slug !== null;
      if (!mayCreate || this.checks.length >= this.checksMax) return NOT_FOUND;
      check = this.add({ slug: asked.slug ?? "" });
    }
    const exitStatus = /^\d+$/.test(asked.step ?? "") ? Number(asked.step) : null;
    if (exitStatus !== null && exitStatus > 255) return BAD_URL;
    const action = actionOf(check, request.method ?? "", actionAsked(asked.step), whole);
    const rid = url.searchParams.get("rid");
    if (rid !== null && !UUID.test(rid)) return { status: 400, text: "invalid uuid format" };
    const body = whole.subarray(0, this.bodyLimit ?? whole.length);
    record(check, { ...originOf(request), action, body, rid, exitStatus, at: Date.now() });
    return isNew ? { status: 201, text: "Created" } : { status: 200, text: "OK" };
  }

  #find(path: string): Asked | { status: number; text: string } {
    const [, root, first = "", second, third, ...more] = path.replace(/\/$/, "").split("/");
    if (root !== "ping" || more.length > 0) return NOT_FOUND;
    if (UUID.test(first)) {
      if (third !== undefined || !isStep(second)) return NOT_FOUND;
      const check = this.checks.find(({ uuid }) => uuid === first.toLowerCase());
      return check === undefined ? NOT_FOUND : { check, slug: null, step: second ?? null };
    }
    if (second === undefined || !isStep(third)) return NOT_FOUND;
    if (second !== second.toLowerCase()) return BAD_URL;
    if (first !== this.pingKey) return NOT_FOUND;
    const [found, another] = this.checks.filter(({ slug }) => slug === second);
    if (another !== undefined) return { status: 409, text: "ambiguous slug" };
    return { check: found ?? null, slug: second, step: third ?? null };
  }
}

const NOT_FOUND = { status: 404, text: "not found" };
const BAD_URL = { status: 400, text: "invalid url format" };

function isStep(step: string | undefined): boolean {
  return step === undefined || /^(?:start|fail|log|\d+)$/.test(step);
}

function actionAsked(step: string | null): Action {
  if (step === null) return "success";
  if (step === "start" || step === "fail" || step === "log") return step;
  return Number(step) === 0 ? "success" : "fail";
}

function actionOf(check: Check, method: string, asked: Action, body: Buffer): Action {
  if (check.methods === "POST" && method !== "POST") return "ign";
  const action = check.filter === null ? asked : actionSaid(check.filter, body.toString());
  return check.status === "paused" && check.manualResume ? "ign" : action;
}

function actionSaid(filter: NonNullable<Check["filter"]>, body: string): Action {
  const says = (words: string): boolean =>
    words.split(",").some((word) => word.trim() !== "" && body.includes(word.trim()));
  if (says(filter.failure)) return "fail";
  if (says(filter.success)) return "success";
  return says(filter.start) ? "start" : filter.default;
}

function originOf(
  request: IncomingMessage,
): Pick<Ping, "method" | "userAgent" | "remoteAddress" | "scheme"> {
  const header = (name: string): string => String(request.headers[name] ?? "");
  const [forwarded = ""] = header("x-forwarded-for").split(",");
  const remote = forwarded.trim() || (request.socket.remoteAddress ?? "");
  return {
    method: request.method ?? "",
    userAgent: header("user-agent").slice(0, 200),
    remoteAddress: remote.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, "$1"),
    scheme: header("x-forwarded-proto") || "http",
  };
}

function record(check: Check, ping: Ping): void {
  check.pings.push(ping);
  const { action, rid, at } = ping;
  if (action === "start") {
    check.lastStart = at;
    check.lastStartRid = rid;
  }
  if (action !== "success" && action !== "fail") return;
  check.lastPing = at;
  check.lastDuration = null;
  if (check.lastStart !== null) {
    const isPair = check.lastStartRid?.toLowerCase() === rid?.toLowerCase();
    if (isPair) check.lastDuration = at - check.lastStart;
    if (isPair || action === "fail" || rid === null) {
      check.lastStart = null;
      check.lastStartRid = null;
    }
  }
  const status = action === "success" ? "up" : "down";
  if (check.status !== status) check.flips.push({ from: check.status, to: status });
  check.status = status;
}

/** What is shown of a check: edges are inclusive, and a start without its end makes it down. */
export function shownStatus(check: Check, now: number): Check["status"] | "grace" {
  const { status, lastStart, lastPing, timeoutMs, graceMs } = check;
  if (lastStart !== null && now >= lastStart + graceMs) return "down";
  if (status !== "up" || lastPing === null) return status;
  if (now >= lastPing + timeoutMs + graceMs) return "down";
  return now >= lastPing + timeoutMs ? "grace" : "up";
}
