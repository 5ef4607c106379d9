import { failureCode, type Service, stepInto } from "./service.ts";

const BODY_BYTES = 10_000;

/** Heartbeats of Better Stack, once Better Uptime: there is no start. */
export const betterStack: Service = {
  request(url, beat) {
    if (beat.event === "start") return null;
    const said = beat.event === "fail" ? stepInto(url, failureCode(beat) ?? "fail") : new URL(url);
    const isEnd = beat.event !== "alive";
    const tail = isEnd ? ({ as: "body", bytesMax: BODY_BYTES } as const) : null;
    return { methods: ["POST"], url: said, tail };
  },
};
