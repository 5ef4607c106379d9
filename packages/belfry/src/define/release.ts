import { hash } from "node:crypto";
import type { Release, ReleasedTask } from "../core/definition.ts";
import { canonicalJson } from "./canonical-json.ts";
import { compareText } from "./compare-text.ts";
import type { LoadedTasks } from "./load.ts";

/**
 * What a node that loaded these tasks declares.
 *
 * @param source the code base's name: `Config.name`.
 */
export function release(
  { tasks, unread }: Pick<LoadedTasks, "tasks" | "unread">,
  source: string,
): Release {
  const released = tasks
    .map(({ definition, hash: name, file, line }): ReleasedTask => {
      return { name: definition.task, definition: name, file, line };
    })
    .sort((a, b) => compareText(a.name, b.name));
  // Where a task stands in its file is no part of what it is: moving it makes no new release.
  const content = [released.map(({ name, definition }) => [name, definition]), unread];
  const digest = hash("sha256", canonicalJson(content)).slice(0, 32);
  return { source, hash: digest, tasks: released, unread };
}
