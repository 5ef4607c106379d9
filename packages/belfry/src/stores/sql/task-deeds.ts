import type { AdoptedTask } from "../../adoption.ts";
import type { Definition } from "../../core/definition.ts";
import { type Difference, differences } from "../../core/difference.ts";
import { writeAudit } from "./audit.ts";
import { definitions } from "./definitions.ts";
import type { Change } from "./schedules.ts";
import type { Work } from "./work.ts";

/** What is written down of a task: its schedules have rows of their own. */
type Words = Omit<Definition, "task" | "schedules">;

export function* auditAddedTask(task: AdoptedTask, { by, now }: Change): Work<void> {
  const after = wordsOf(task.body);
  const deed = { actor: by, what: "task.add", subject: task.name, task: task.name };
  yield* writeAudit({ ...deed, after }, now);
}

/**
 * What of a task is another now: its policies, so a gate's limit too, its words, its executor.
 * @param from hash of the definition that was in force.
 */
export function* auditChangedTask(
  task: AdoptedTask,
  from: string,
  { by, now }: Change,
): Work<void> {
  const old = yield* bodyOf(from);
  const changed = old === null ? [] : differences(wordsOf(old), wordsOf(task.body));
  if (old !== null && changed.length === 0) return;
  const deed = { actor: by, what: "task.change", subject: task.name, task: task.name };
  const before = old === null ? { definition: from } : sideOf(changed, "before");
  const after = old === null ? wordsOf(task.body) : sideOf(changed, "after");
  yield* writeAudit({ ...deed, before, after }, now);
}

/** @param from hash of the definition that was in force. */
export function* auditRemovedTask(task: string, from: string, { by, now }: Change): Work<void> {
  const old = yield* bodyOf(from);
  const before = old === null ? { definition: from } : wordsOf(old);
  yield* writeAudit({ actor: by, what: "task.remove", subject: task, task, before }, now);
}

function* bodyOf(hash: string): Work<Definition | null> {
  const [found] = yield* definitions([hash]);
  return found?.body ?? null;
}

function wordsOf({ task: _, schedules: __, ...words }: Definition): Words {
  return words;
}

/** One side of what differs, in the shape of the whole. */
function sideOf(changed: readonly Difference[], side: "before" | "after"): object {
  const whole: Record<string, unknown> = {};
  for (const { path, [side]: value } of changed) {
    if (value !== undefined) place(whole, path, value);
  }
  return whole;
}

function place(within: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [name, ...rest] = path;
  if (name === undefined) return;
  if (rest.length === 0) {
    within[name] = value;
    return;
  }
  const inner: Record<string, unknown> = {};
  const known = within[name];
  if (typeof known === "object" && known !== null) Object.assign(inner, known);
  place(inner, rest, value);
  within[name] = inner;
}
