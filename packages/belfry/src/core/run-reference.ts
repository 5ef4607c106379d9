import type { Trigger } from "./run.ts";

export interface NamedRun {
  readonly id: string;
  readonly task: string;
  readonly scheduleKey: string | null;
  readonly trigger: Trigger;
  readonly dueAt: number;
}

/** As much of an id as tells runs of one millisecond apart, thousands of them too. */
const ID_SHOWN = 23;

/** The beginning of an id, by which people may name a run. */
export function shortId(id: string): string {
  return id.slice(0, ID_SHOWN);
}

/**
 * How lists name a run, and how people may name it: the occurrence that made it, such as
 * `backup@2026-11-24T02:30Z` or `backup/noon@…`, else the beginning of its id.
 */
export function runReference(run: NamedRun): string {
  const { id, task, scheduleKey, trigger, dueAt } = run;
  if (trigger.kind !== "schedule" || scheduleKey === null) return shortId(id);
  return occurrenceReference(task, scheduleKey, dueAt);
}

/** How lists name the run of an occurrence. */
export function occurrenceReference(task: string, key: string, dueAt: number): string {
  return `${key === "default" ? task : `${task}/${key}`}@${shortInstant(dueAt)}`;
}

/** ISO in UTC without the seconds and milliseconds that are zero. */
function shortInstant(at: number): string {
  return new Date(at).toISOString().replace(/(:00)?\.000Z$/, "Z");
}
