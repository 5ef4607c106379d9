import type { Schedule } from "@belfry/schedule";
import type { Definition } from "../core/definition.ts";
import { scheduleId } from "../core/identity.ts";
import { compile } from "../core/schedule.ts";

/** When tasks are due next by their definitions, without asking the store. */
export class Forecast {
  readonly #schedules: ReadonlyMap<string, readonly Schedule[]>;

  constructor(definitions: readonly Definition[]) {
    this.#schedules = new Map(
      definitions.map(({ task, schedules }) => [
        task,
        schedules.map(({ key, parts }) => compile(parts, scheduleId(task, key))),
      ]),
    );
  }

  /** The first instant after `now` at which the task is due, or null. */
  next(task: string, now: number): number | null {
    const next = (this.#schedules.get(task) ?? []).flatMap((schedule) => schedule.next(now) ?? []);
    return next.length === 0 ? null : Math.min(...next);
  }
}
