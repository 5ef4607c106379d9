import type { TaskRow } from "../records.ts";
import type { VerbContext } from "../verbs/context.ts";

/** The zones in which tasks count their days, by name: people read instants by those. */
export async function taskZones(
  { store }: VerbContext,
  names: Iterable<string>,
): Promise<(task: string) => string> {
  const zones = new Map<string, string>();
  for (const name of new Set(names)) {
    const [task] = await store.tasks(name);
    if (task !== undefined) zones.set(name, zoneOf(task));
  }
  return (task) => zones.get(task) ?? "UTC";
}

export function zoneOf(task: TaskRow): string {
  return task.body.timeZone;
}
