import type { Beat } from "../heartbeat.ts";
import { type Service, stepInto } from "./service.ts";

const STATES: Readonly<Record<Beat["event"], string>> = {
  start: "run",
  success: "complete",
  fail: "fail",
};
const MESSAGE_BYTES = 1_000;
/** The older form of address, without an API key: the state is a step of the path. */
const KEYLESS = /^\/[A-Za-z0-9]{3,12}\/?$/;

/** Cronitor's Telemetry API. The node's own pings are its heartbeats, which have no state. */
export const cronitor: Service = {
  request(url, { event, run, durationMs, exitCode }, host) {
    const state = run === null ? null : STATES[event];
    const isKeyless = KEYLESS.test(url.pathname);
    const said = state !== null && isKeyless ? stepInto(url, state) : new URL(url);
    const { searchParams } = said;
    searchParams.set("host", host);
    if (run === null) return { methods: ["GET"], url: said, tail: null };
    if (state !== null && !isKeyless) searchParams.set("state", state);
    searchParams.set("series", run);
    if (event === "start") return { methods: ["GET"], url: said, tail: null };
    if (durationMs !== null) searchParams.append("metric", `duration:${durationMs / 1_000}`);
    if (exitCode !== null) searchParams.set("status_code", String(exitCode));
    return { methods: ["GET"], url: said, tail: { as: "message", bytesMax: MESSAGE_BYTES } };
  },
};
