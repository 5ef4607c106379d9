import type { Policies } from "../core/definition.ts";
import { tagWords } from "../core/placement.ts";

const UNITS: readonly (readonly [size: number, name: string])[] = [
  [86_400_000, "day"],
  [3_600_000, "hour"],
  [60_000, "minute"],
  [1_000, "second"],
  [1, "millisecond"],
];

/** What the policies of a task mean, in sentences, the defaults too. */
export function policyWords(policies: Policies): string[] {
  return [
    catchUpWords(policies),
    startWithinWords(policies),
    concurrencyWords(policies),
    retryWords(policies),
    deliveryWords(policies),
    policies.timeoutMs === null
      ? "An attempt may take as long as it needs."
      : `An attempt is ended after ${exactWords(policies.timeoutMs)}.`,
    ...(policies.deadlineMs === null
      ? []
      : [`A run must be done ${exactWords(policies.deadlineMs)} after its due instant.`]),
    ...(policies.jitterMs === 0
      ? []
      : [`Each start is spread over the ${exactWords(policies.jitterMs)} after its due instant.`]),
    ...(policies.runsOn.length === 0
      ? []
      : [`It runs only on nodes that have ${tagWords(policies.runsOn)}.`]),
  ];
}

function catchUpWords({ catchUp }: Policies): string {
  switch (catchUp) {
    case "none":
      return "What was missed while no node was up and working is not made up for.";
    case "latest":
      return "Of what was missed while no node was up and working, the latest runs.";
    case "all":
      return "All that was missed while no node was up and working runs, the newest 1,000 at most.";
  }
}

function startWithinWords({ startWithin }: Policies): string {
  if (startWithin === null) return "It may start however late.";
  if (startWithin === "next") return "It may start late, until its next occurrence.";
  return `It may start up to ${exactWords(startWithin)} late.`;
}

function concurrencyWords({ concurrency, overlap }: Policies): string {
  const { limit, by } = concurrency;
  if (limit === null) return "Any number of its runs may run at once.";
  const each = by === null ? "" : ` for each ${by} of the payload`;
  const runs = limit === 1 ? "One run at a time" : `At most ${limit} runs at once`;
  switch (overlap) {
    case "skip":
      return `${runs}${each}; what comes due meanwhile is skipped.`;
    case "queue":
      return `${runs}${each}; what comes due meanwhile waits.`;
    case "replace":
      return `${runs}${each}; what comes due meanwhile replaces the oldest of them.`;
  }
}

function retryWords({ retry }: Policies): string {
  const { attempts, waitMs, maxMs } = retry;
  if (attempts === 1) return "A failed attempt is not retried.";
  const wait = `${exactWords(waitMs)} after the first`;
  const growth = maxMs > waitMs ? `, then twice as long each time up to ${exactWords(maxMs)}` : "";
  return `Up to ${attempts} attempts: the second at most ${wait}${growth}.`;
}

function deliveryWords({ delivery }: Policies): string {
  return delivery === "at-least-once"
    ? "At least once: if its node is lost, it is tried again elsewhere."
    : "At most once: if its node is lost, the run fails.";
}

/** A setting as it was written: `90 minutes` is `1 hour 30 minutes`. */
function exactWords(durationMs: number): string {
  const words: string[] = [];
  let rest = durationMs;
  for (const [size, name] of UNITS) {
    const count = Math.floor(rest / size);
    if (count > 0) words.push(`${count} ${name}${count === 1 ? "" : "s"}`);
    rest -= count * size;
  }
  return words.length === 0 ? "0 seconds" : words.join(" ");
}
