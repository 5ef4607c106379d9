import { failureCode, type Service, stepInto } from "./service.ts";

/** What a self-hosted one keeps unless it was told otherwise; others say in their answers. */
const BODY_BYTES = 10_000;

/** healthchecks.io and who answers as it does: its Pinging API. */
export const healthchecks: Service = {
  request(url, beat) {
    const { event, run } = beat;
    const code = event === "fail" ? (failureCode(beat) ?? "fail") : null;
    const step = event === "start" ? "start" : code;
    const said = step === null ? new URL(url) : stepInto(url, step);
    if (run !== null) said.searchParams.set("rid", run);
    const isEnd = event === "success" || event === "fail";
    const tail = isEnd ? ({ as: "body", bytesMax: BODY_BYTES } as const) : null;
    // A check may be set to take notice of nothing but POST.
    return { methods: ["POST"], url: said, tail };
  },
  /** For old clients' sake the hosted one says 200 also where it took no notice. */
  objection(answer) {
    const [, why] = /^OK \(([\w ]+)\)/.exec(answer) ?? [];
    if (why === undefined) return null;
    return why === "not found" ? "it knows no such check" : `it took no notice (${why})`;
  },
};
