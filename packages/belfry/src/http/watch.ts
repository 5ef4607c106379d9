import { hostname } from "node:os";
import type { Clock } from "../clock.ts";
import { BelfryError } from "../core/errors.ts";
import type { HttpAddress } from "../define/http-address.ts";
import type { Census } from "../records.ts";
import type { Store } from "../store.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { CONTENT_TYPES, preferred } from "../telemetry/open-metrics.ts";
import { type Answer, type Asked, json, text, wantsJson } from "./answer.ts";
import { judge, type NodeFacts, readinessText } from "./readiness.ts";
import { type Routes, route } from "./router.ts";
import { type HttpServer, openServer } from "./server.ts";

/** What is watched of a process. */
export interface Watched {
  readonly store: Pick<Store, "mark" | "census">;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** The store's schema when this version opened it. */
  readonly schema: number;
  readonly leaseMs: number;
  /** When the working node's lease ends, or null where none works. */
  readonly leaseUntil: () => number | null;
}

/** Whoever asks is not kept waiting longer for the store, ms. */
const STORE_MS_MAX = 2_000;

/** Opens a port at which a node's health and metrics are read. @throws BelfryError `bad-http-address`. */
export function openWatch(address: HttpAddress, watched: Watched): Promise<HttpServer> {
  const routes: Routes = {
    "/healthz": (asked) =>
      wantsJson(asked) ? json(200, { state: "alive" }) : text(200, "alive\n"),
    "/readyz": shared(() => readFacts(watched), answerReady),
    "/metrics": shared(
      () => readCensus(watched),
      (census, asked) => answerMetrics(watched, census, asked),
    ),
  };
  const names = ["localhost", hostname(), address.host];
  return openServer(address, (request) => route(request, routes, [...new Set(names)]));
}

/** Those who ask while the store is asked share its answer: many readers are no load on it. */
function shared<Read>(
  read: () => Promise<Read>,
  answer: (read: Read, asked: Asked) => Answer,
): (asked: Asked) => Promise<Answer> {
  let reading: Promise<Read> | null = null;
  return async (asked) => {
    reading ??= read().finally(() => {
      reading = null;
    });
    return answer(await reading, asked);
  };
}

async function readFacts(watched: Watched): Promise<NodeFacts> {
  const { clock, schema, leaseMs, leaseUntil } = watched;
  const store = await readStore(watched);
  return { store, schema, leaseMs, leaseUntil: leaseUntil(), now: clock.now() };
}

async function readStore({ store, clock }: Watched): Promise<NodeFacts["store"]> {
  const from = clock.monotonic();
  try {
    const { schema } = await within(clock, store.mark());
    return { answer: "came", tookMs: clock.monotonic() - from, schema };
  } catch (error) {
    // Its message may name files, and whoever asks is nobody.
    const code = error instanceof BelfryError ? ` (${error.code})` : "";
    return { answer: "failed", why: `does not answer${code}` };
  }
}

/** Null where the store is away: what is counted here is shown all the same. */
async function readCensus({ store, clock }: Watched): Promise<Census | null> {
  try {
    return await within(clock, store.census());
  } catch {
    return null;
  }
}

async function within<Value>(clock: Clock, answer: Promise<Value>): Promise<Value> {
  const late = Promise.withResolvers<never>();
  const withdraw = clock.schedule(clock.now() + STORE_MS_MAX, () =>
    late.reject(new BelfryError("unavailable", "store-slow", "The store takes too long.")),
  );
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    withdraw();
  }
}

function answerReady(facts: NodeFacts, asked: Asked): Answer {
  const readiness = judge(facts);
  const status = readiness.state === "not-ready" ? 503 : 200;
  return wantsJson(asked) ? json(status, readiness) : text(status, readinessText(readiness));
}

function answerMetrics(watched: Watched, census: Census | null, { accept }: Asked): Answer {
  const form = preferred(accept);
  const { metrics, clock, leaseUntil } = watched;
  const body = metrics.text({ census, leaseUntil: leaseUntil(), now: clock.now() }, form);
  return text(200, body, { "content-type": CONTENT_TYPES[form], vary: "accept" });
}
