import type { AdoptedTask, Drift } from "../adoption.ts";
import { scheduleId } from "../core/identity.ts";
import type { Store } from "../store.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Events } from "./events.ts";
import type { Service } from "./loop.ts";
import { planDue } from "./planner.ts";

export interface ReleasesOptions {
  readonly store: Store;
  readonly catalogue: Catalogue;
  readonly events: Events;
  readonly retentionMs: number;
  readonly by: string;
  /** What is due may have changed. */
  readonly onAdopted: () => void;
}

const EVERY_MS = 5_000;

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
    for (const drift of drifts) await this.#switch(drift, now);
    if (drifts.length > 0) this.#options.onAdopted();
    return now + EVERY_MS;
  }

  async #switch(drift: Drift, now: number): Promise<void> {
    const { store, catalogue, events, by } = this.#options;
    const { release, from } = drift;
    const names = release.tasks.map((task) => task.name);
    await catalogue.fetch(release.tasks.map((task) => task.definition));
    const before = await store.tasks(null);
    const owned = before.filter((task) => task.source === release.source).map(({ name }) => name);
    await accountUpTo([...new Set([...names, ...owned])], this.#options, now);
    const tasks = release.tasks.map((task): AdoptedTask => {
      const body = catalogue.definition(task.definition);
      const nextAt = body.schedules.map(({ key, parts }) =>
        catalogue.schedule(scheduleId(task.name, key), parts).next(now),
      );
      return { ...task, body, nextAt };
    });
    const adopted = await store.adopt({ release, from, tasks }, now, by);
    if (adopted.answer === "stale") return;
    events.emit({ kind: "release", source: release.source, tasks: tasks.length });
    events.tell(adopted.steps);
    for (const { task, source } of adopted.refused) events.emit({ kind: "refused", task, source });
  }
}

/** Plans these tasks' schedules up to now by the rules in force, before the rules change. */
export async function accountUpTo(
  tasks: readonly string[],
  options: Pick<ReleasesOptions, "store" | "catalogue" | "retentionMs">,
  now: number,
): Promise<void> {
  const { store, catalogue, retentionMs } = options;
  for (;;) {
    const schedules = await store.schedulesOf(tasks);
    const due = schedules.filter(({ nextAt }) => nextAt !== null && nextAt <= now);
    if (due.length === 0) return;
    await catalogue.fetch(due.map((schedule) => schedule.definition));
    // Where another node was first, it may have planned less far: look again.
    await store.plan(
      due.map((schedule) => planDue(schedule, catalogue, retentionMs, now)),
      now,
    );
  }
}
