import { compareText } from "./compare-text.ts";
import type { LoadedTasks } from "./load.ts";

/**
 * What was loaded now, and of what errors kept from being loaded what was loaded before: a mistake
 * in a file that is being edited takes no task out of force.
 */
export function withLastGood(now: LoadedTasks, before: LoadedTasks): LoadedTasks {
  const unread = new Set(now.unread);
  const there = new Set(now.tasks.map(({ definition }) => definition.task));
  const kept = before.tasks.filter(({ definition, file }) => {
    const isUnread = unread.has(definition.task) || (file !== null && unread.has(file));
    return isUnread && !there.has(definition.task);
  });
  for (const { definition, file } of kept) {
    unread.delete(definition.task);
    if (file !== null) unread.delete(file);
  }
  return {
    ...now,
    tasks: [...now.tasks, ...kept].sort((a, b) =>
      compareText(a.definition.task, b.definition.task),
    ),
    unread: [...unread],
  };
}
