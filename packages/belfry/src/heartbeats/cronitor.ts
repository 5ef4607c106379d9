import type { Beat } from "../heartbeat.ts";
import { type Service, stepInto } from "./service.ts";

/** A node's pings are Cronitor's heartbeats, which have no state. */
const STATES: Readonly<Record<Beat["event"], string | null>> = {
  alive: null,
  start: "run",
  success: "complete",
  fail: "fail",
};
const MESSAGE_BYTES = 1_000;
/** The older form of address, without an API key: the state is a step of the path. */
const KEYLESS = /^\/[A-Za-z0-9]{3,12}\/?$/;

/** Cronitor's Telemetry API. */
export const cronitor: Service = {
  request(url, { event, run, durationMs, exitCode }, host) {
    const state = STATES[event];
    const isKeyless = KEYLESS.test(url.pathname);
    const said = state !== null && isKeyless ? stepInto(url, state) : new URL(url);
    const { searchParams } = said;
    if (state !== null && !isKeyless) searchParams.set("state", state);
    searchParams.set("host", host);
    if (run !== null) searchParams.set("series", run);
    if (durationMs !== null) searchParams.append("metric", `duration:${durationMs / 1_000}`);
    if (exitCode !== null) searchParams.set("status_code", String(exitCode));
    const isEnd = event === "success" || event === "fail";
    const tail = isEnd ? ({ as: "message", bytesMax: MESSAGE_BYTES } as const) : null;
    return { methods: ["GET"], url: said, tail };
  },
};
