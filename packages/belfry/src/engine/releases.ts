import type { AdoptedTask, Drift } from "../adoption.ts";
import type { Release } from "../core/definition.ts";
import { scheduleId } from "../core/identity.ts";
import type { SchedulePlan } from "../planning.ts";
import type { DueSchedule } from "../records.ts";
import type { Store } from "../store.ts";
import { accountUpTo, type PlanningTerms } from "./account.ts";
import type { CarriedTask } from "./catalogue.ts";
import type { Events } from "./events.ts";
import type { Service } from "./loop.ts";
import { isAway } from "./one-by-one.ts";

export interface ReleasesOptions extends PlanningTerms {
  readonly store: Store;
  readonly events: Events;
  readonly by: string;
  /** What is due may have changed. */
  readonly onAdopted: () => void;
}

const EVERY_MS = 5_000;

/** Keeps releases and their definitions in the store; it switches nothing. */
export async function publish(
  store: Store,
  { tasks, releases }: { tasks: readonly CarriedTask[]; releases: readonly Release[] },
  now: number,
): Promise<void> {
  const definitions = tasks.map(({ hash, definition }) => ({ hash, body: definition }));
  for (const release of releases) {
    const names = new Set(release.tasks.map((task) => task.definition));
    const own = definitions.filter(({ hash }) => names.has(hash));
    await store.publish(release, own, now);
  }
}

/**
 * Keeps each source on its newest first-seen release that a live node carries: a deploy converges,
 * a crashed old node cannot bring yesterday back, a rollback heals itself.
 */
export class Releases implements Service {
  readonly name = "releases";
  readonly precision = "rough";
  readonly #options: ReleasesOptions;

  constructor(options: ReleasesOptions) {
    this.#options = options;
  }

  async step(now: number): Promise<number> {
    const drifts = await this.#options.store.drift();
    for (const drift of drifts) await this.#try(drift, now);
    if (drifts.length > 0) this.#options.onAdopted();
    return now + EVERY_MS;
  }

  /** One source that cannot be switched never stops the others. */
  async #try(drift: Drift, now: number): Promise<void> {
    try {
      await this.#switch(drift, now);
    } catch (error) {
      if (isAway(error)) throw error;
      this.#trouble(drift.release.source, error);
    }
  }

  async #switch(drift: Drift, now: number): Promise<void> {
    const { store, catalogue, events, by } = this.#options;
    const { release, from } = drift;
    const names = release.tasks.map((task) => task.name);
    await catalogue.fetch(release.tasks.map((task) => task.definition));
    const before = await store.tasks(null);
    const owned = before.filter((task) => task.source === release.source).map(({ name }) => name);
    const forfeits = await this.#account([...new Set([...names, ...owned])], now);
    const tasks = release.tasks.map((task): AdoptedTask => {
      const body = catalogue.definition(task.definition);
      const nextAt = body.schedules.map(({ key, parts }) =>
        catalogue.schedule(scheduleId(task.name, key), parts).next(now),
      );
      return { ...task, body, nextAt };
    });
    const adopted = await store.adopt({ release, from, tasks, forfeits }, now, by);
    if (adopted.answer === "stale") return;
    events.emit({ kind: "release", source: release.source, tasks: tasks.length });
    events.tell(adopted.steps);
    for (const { task, source } of adopted.refused) events.emit({ kind: "refused", task, source });
  }

  #account(tasks: readonly string[], now: number): Promise<readonly string[]> {
    const options = {
      ...this.#options,
      onPlanned: ({ task }: DueSchedule, { gaps }: SchedulePlan): void => {
        for (const { reason, count, fromAt, toAt } of gaps) {
          this.#options.events.emit({ kind: "gap", task, reason, count, fromAt, toAt });
        }
      },
      onUnplannable: ({ task }: DueSchedule, error: unknown): void => this.#trouble(task, error),
    };
    return accountUpTo(tasks, options, now);
  }

  #trouble(about: string, error: unknown): void {
    const service = `releases (${about})`;
    this.#options.events.emit({ kind: "trouble", service, error, retryInMs: EVERY_MS });
  }
}
