import type { Definition, Policies } from "../core/definition.ts";
import { CATCH_UP_MAX } from "../core/plan.ts";

/** A task's policies as short plain sentences, for people. Those that cannot matter are left out. */
export function policyWords(definition: Definition): string[] {
  const { policies, schedules } = definition;
  const due = schedules.length === 0 ? [] : [catchUpWords(policies), startWithinWords(policies)];
  return [
    ...due,
    concurrencyWords(policies.concurrency),
    ...(policies.concurrency.limit === null ? [] : [overlapWords(policies)]),
    retryWords(policies.retry),
    policies.timeoutMs === null
      ? "Timeout: none."
      : `Timeout: an attempt is ended after ${spanWords(policies.timeoutMs)}.`,
    policies.deadlineMs === null
      ? "Deadline: none."
      : `Deadline: ${spanWords(policies.deadlineMs)} after a run is due, waits included.`,
    policies.delivery === "at-least-once"
      ? "Delivery: at least once; a run whose node is lost runs again."
      : "Delivery: at most once; a run whose node is lost fails.",
  ];
}

function catchUpWords({ catchUp }: Policies): string {
  switch (catchUp) {
    case "none":
      return "Catch-up: none; what was missed does not run.";
    case "latest":
      return "Catch-up: of what was missed, the latest occurrence runs.";
    case "all":
      return `Catch-up: all that was missed runs, the newest ${count(CATCH_UP_MAX)} at most.`;
  }
}

function startWithinWords({ startWithin }: Policies): string {
  if (startWithin === null) return "Start: however late.";
  if (startWithin === "next") return "Start: late at most until the next occurrence.";
  return `Start: at most ${spanWords(startWithin)} late.`;
}

function concurrencyWords({ limit, by }: Policies["concurrency"]): string {
  if (limit === null) return "Concurrency: unlimited.";
  const runs = limit === 1 ? "1 run at a time" : `up to ${count(limit)} runs at a time`;
  return by === null ? `Concurrency: ${runs}.` : `Concurrency: ${runs} for each ${by}.`;
}

function overlapWords({ overlap }: Policies): string {
  switch (overlap) {
    case "skip":
      return "Overlap: what comes due meanwhile is skipped; triggers by hand wait.";
    case "queue":
      return "Overlap: what comes due meanwhile waits.";
    case "replace":
      return "Overlap: what comes due meanwhile replaces the oldest that runs.";
  }
}

function retryWords({ attempts, waitMs, maxMs }: Policies["retry"]): string {
  if (attempts === 1) return "Retries: none.";
  const wait = waitMs >= maxMs ? spanWords(maxMs) : `${spanWords(waitMs)} to ${spanWords(maxMs)}`;
  return `Retries: up to ${count(attempts)} attempts, ${wait} apart, with jitter.`;
}

function count(number: number): string {
  return number.toLocaleString("en-US");
}

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1000],
  ["ms", 1],
] as const;

/** `90 min` as `1 h 30 min`. */
function spanWords(ms: number): string {
  const parts: string[] = [];
  for (const [unit, size] of UNITS) {
    const whole = Math.floor(ms / size);
    if (whole > 0) parts.push(`${whole} ${unit}`);
    ms -= whole * size;
  }
  return parts.join(" ");
}
