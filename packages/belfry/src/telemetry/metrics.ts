import type { EngineEvent } from "../engine/events.ts";
import type { Census } from "../records.ts";
import { Counter } from "./counter.ts";
import { Histogram } from "./histogram.ts";
import { type Exposition, exposition, type Family, labelled } from "./open-metrics.ts";

const RUN_BOUNDS = [0.01, 0.1, 1, 5, 10, 30, 60, 300, 900, 1_800, 3_600, 10_800, 43_200];
const DELAY_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 300, 3_600];
const STORE_BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 10];

/** What is read at the time of asking; the store may be away. */
export interface Readings {
  readonly census: Census | null;
  /** When the node's lease ends, or null where it holds none. */
  readonly leaseUntil: number | null;
  readonly now: number;
}

/** The metrics of a node: counters of what happened on it, and gauges of what is in the store. */
export class Metrics {
  readonly #runs = new Counter<"task" | "state">(
    "belfry_runs",
    "Runs that ended on this node, by final state.",
  );
  readonly #gaps = new Counter<"task" | "reason">(
    "belfry_gap_occurrences",
    "Occurrences that this node turned into a gap instead of a run.",
  );
  readonly #alerts = new Counter<"channel" | "result">(
    "belfry_alerts",
    "Tries of this node to send an alert.",
  );
  readonly #durations = new Histogram(
    "belfry_run_duration_seconds",
    "How long the last attempt of each run that ended here took.",
    RUN_BOUNDS,
  );
  readonly #delays = new Histogram(
    "belfry_start_delay_seconds",
    "How long after its due instant the first attempt of a run started.",
    DELAY_BOUNDS,
  );
  readonly #store = new Histogram<"verb">(
    "belfry_store_latency_seconds",
    "How long the store took to answer a call of this node.",
    STORE_BOUNDS,
  );

  /** Tasks whose counters are there although nothing may have happened. */
  readonly #expected = new Set<string>();

  constructor() {
    this.#durations.expect({});
    this.#delays.expect({});
  }

  /** An engine's listener. */
  readonly hear = (event: EngineEvent): void => {
    switch (event.kind) {
      case "attempt":
        if (event.number === 1) this.#delays.observe({}, event.startedAt - event.dueAt);
        return;
      case "ended":
        if (event.state === "pending" || event.state === "running") return;
        this.#runs.add({ task: event.task, state: event.state });
        this.#durations.observe({}, event.durationMs);
        return;
      case "gap":
        this.#gaps.add({ task: event.task, reason: event.reason }, event.count);
        return;
      case "alert":
        this.#alerts.add({ channel: event.channel, result: event.result });
        return;
      default:
    }
  };

  /** How long the store took over one call. */
  readonly storeAnswered = (verb: string, durationMs: number): void => {
    this.#store.observe({ verb }, durationMs);
  };

  text({ census, leaseUntil, now }: Readings, form: Exposition): string {
    for (const { name } of census?.tasks ?? []) this.#expect(name);
    const leaseMs = Math.max(0, (leaseUntil ?? now) - now);
    const families = [
      this.#runs.family(),
      this.#durations.family(),
      this.#delays.family(),
      this.#gaps.family(),
      ...(census === null ? [] : storeFamilies(census, now)),
      gauge("belfry_node_lease_seconds", "How much longer this node's lease runs.", [
        ["", leaseMs / 1_000],
      ]),
      this.#store.family(),
      this.#alerts.family(),
    ];
    return exposition(families, form);
  }

  /** What has not happened yet is 0: a first failure would not be seen to rise from nothing. */
  #expect(task: string): void {
    if (this.#expected.has(task)) return;
    this.#expected.add(task);
    for (const state of ["succeeded", "failed"]) this.#runs.add({ task, state }, 0);
  }
}

function storeFamilies(census: Census, now: number): Family[] {
  const { tasks, oldestPendingDueAt, pending, deadLetters } = census;
  const oldestMs = oldestPendingDueAt === null ? 0 : Math.max(0, now - oldestPendingDueAt);
  const named = tasks.map((task) => ({ ...task, labels: labelled({ task: task.name }) }));
  const ofTasks = (at: "lastSuccessAt" | "nextDueAt"): (readonly [string, number])[] =>
    named.flatMap(({ labels, [at]: instant }) =>
      instant === null ? [] : [[labels, instant / 1_000] as const],
    );
  return [
    gauge(
      "belfry_task_last_success_timestamp_seconds",
      "When the task last succeeded, on whichever node.",
      ofTasks("lastSuccessAt"),
    ),
    gauge(
      "belfry_task_next_due_timestamp_seconds",
      "When the task is due next.",
      ofTasks("nextDueAt"),
    ),
    gauge("belfry_runs_pending", "Runs that wait in the store, for whatever reason.", [
      ["", pending],
    ]),
    gauge(
      "belfry_run_oldest_pending_seconds",
      "How long the oldest run that waits has been due; 0 where none is.",
      [["", oldestMs / 1_000]],
    ),
    gauge("belfry_dead_letters", "Failed runs that nobody has resolved.", [["", deadLetters]]),
  ];
}

function gauge(
  name: string,
  help: string,
  values: readonly (readonly [labels: string, value: number])[],
): Family {
  const unit = name.endsWith("_seconds") ? "seconds" : null;
  const samples = values.map(([labels, value]) => `${name}${labels} ${value}`);
  return { name, type: "gauge", unit, help, samples };
}
