import { localDate } from "@belfry/schedule";
import type { Clock } from "../clock.ts";
import type { Logs } from "../log.ts";
import type { DayCount, ExpiredRow } from "../records.ts";
import type { Store } from "../store.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Service } from "./loop.ts";

export interface JanitorOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly logs: Logs;
  readonly catalogue: Catalogue;
  readonly retention: { readonly historyMs: number; readonly logsMs: number };
  /** Runs may be claimable now that were held. */
  readonly onFreed: () => void;
}

const EVERY_MS = 5_000;
const PRUNE_EVERY_MS = 3_600_000;
/** Small, so that no claim ever waits for the janitor. */
const BATCH = 500;

/** Prunes what is older than retention, counting it into its day first, and frees what is held. */
export class Janitor implements Service {
  readonly name = "janitor";
  readonly precision = "rough";
  readonly #options: JanitorOptions;
  /** By the monotonic clock, as the wall clock may go back. */
  #pruneAt = 0;

  constructor(options: JanitorOptions) {
    this.#options = options;
  }

  async step(now: number): Promise<number | "now"> {
    const { store, clock } = this.#options;
    const pauseEndsAt = await store.unpause(now);
    await store.parkUncarried(now);
    if ((await store.topup(now)) > 0) this.#options.onFreed();
    const passed = clock.monotonic();
    if (passed >= this.#pruneAt) {
      if (await this.#prune(now)) return "now";
      this.#pruneAt = passed + PRUNE_EVERY_MS;
    }
    return Math.min(pauseEndsAt ?? Infinity, now + EVERY_MS);
  }

  /** @returns whether more is left to prune. */
  async #prune(now: number): Promise<boolean> {
    const { store, logs, retention } = this.#options;
    const before = now - retention.historyMs;
    const rows = await store.expired(before, BATCH);
    if (rows.length > 0) {
      await store.prune(rows, await this.#count(rows), now);
      if (rows.length === BATCH) return true;
    }
    await store.sweep(before, now);
    await logs.prune(now - retention.logsMs);
    return false;
  }

  async #count(rows: readonly ExpiredRow[]): Promise<DayCount[]> {
    const zones = await this.#zones(rows);
    const days = new Map<string, DayCount>();
    for (const row of rows) {
      const timeZone = zones.get(row.task) ?? "UTC";
      const day = localDate(row.dueAt, timeZone);
      const key = `${row.task}\n${day}`;
      days.set(key, add(days.get(key) ?? emptyDay(row.task, day, timeZone), row));
    }
    return [...days.values()];
  }

  async #zones(rows: readonly ExpiredRow[]): Promise<Map<string, string>> {
    const zones = new Map<string, string>();
    for (const task of new Set(rows.map((row) => row.task))) {
      const [found] = await this.#options.store.tasks(task);
      if (found !== undefined) zones.set(task, found.body.timeZone);
    }
    return zones;
  }
}

function emptyDay(task: string, day: string, timeZone: string): DayCount {
  const none = { due: 0, succeeded: 0, failed: 0, cancelled: 0, missed: 0, passedOver: 0 };
  return { task, day, timeZone, ...none };
}

/** `due` counts occurrences; a run by hand succeeds or fails without having been due. */
function add(day: DayCount, row: ExpiredRow): DayCount {
  const { count } = row;
  if (row.kind === "gap") {
    const missed = row.reason === "down" || row.reason === "late";
    const column = missed ? "missed" : "passedOver";
    return { ...day, due: day.due + count, [column]: day[column] + count };
  }
  const due = row.scheduled ? day.due + 1 : day.due;
  if (row.state === null) return { ...day, due };
  return { ...day, due, [row.state]: day[row.state] + count };
}
