import type { HeartbeatTo, Policies, SchedulePart } from "../core/definition.ts";
import type { FinalState } from "../core/run.ts";
import { firstAfter, nextAfter } from "../core/schedule.ts";
import type { ScheduleRow, TaskRow } from "../records.ts";
import { iso } from "./instant.ts";
import { policyWords } from "./policy-words.ts";
import { scheduleWords } from "./schedule.ts";

interface ScheduleView {
  readonly key: string;
  readonly words: string;
  readonly next: string | null;
  /** Its days and its window beside the expression, where it has any. */
  readonly parts: readonly Omit<SchedulePart, "anchor">[];
}

export interface TaskView {
  readonly name: string;
  readonly description: string | null;
  readonly executor: string;
  readonly schedules: readonly ScheduleView[];
  readonly pause: null | {
    readonly reason: string | null;
    readonly by: string;
    readonly until: string | null;
  };
  readonly nextDueAt: string | null;
  readonly lastRun: null | {
    readonly id: string;
    readonly state: FinalState;
    readonly dueAt: string;
    readonly endedAt: string;
  };
  readonly source: { readonly file: string | null; readonly line: number | null };
  readonly owner: string | null;
  readonly tags: readonly string[];
}

/** A task as the faces print it. */
export function taskView(task: TaskRow, now: number): TaskView {
  const { body, pause, lastRun } = task;
  return {
    name: task.name,
    description: body.description,
    executor: body.executor,
    schedules: enabledSchedules(task).map((schedule) => scheduleView(schedule, now)),
    pause:
      pause === null ? null : { reason: pause.reason, by: pause.by, until: iso(pause.untilAt) },
    nextDueAt: iso(nextDueAt(task, now)),
    lastRun:
      lastRun === null
        ? null
        : {
            id: lastRun.id,
            state: lastRun.state,
            dueAt: iso(lastRun.dueAt),
            endedAt: iso(lastRun.endedAt),
          },
    source: { file: task.file, line: task.line },
    owner: body.owner,
    tags: body.tags,
  };
}

/** One task with its policies, as values and in sentences: what `show` adds. */
export interface TaskDetailView extends TaskView {
  readonly policies: TaskPolicies;
  readonly policyWords: readonly string[];
  /** The service that hears of its runs; what of it is a secret is null. */
  readonly heartbeat: HeartbeatTo | null;
}

export function taskDetailView(task: TaskRow, now: number): TaskDetailView {
  const { policies } = task.body;
  return {
    ...taskView(task, now),
    policies: policiesView(policies),
    policyWords: policyWords(policies),
    heartbeat: task.body.watch.heartbeat,
  };
}

export interface TaskPolicies extends Omit<Policies, "startWithin"> {
  /** `"next"`: until the next occurrence; null: any time. */
  readonly startWithinMs: number | "next" | null;
}

/** Durations end in `Ms`, as everywhere in JSON. */
function policiesView({ startWithin, ...policies }: Policies): TaskPolicies {
  return { ...policies, startWithinMs: startWithin };
}

/** The next instant to come at which any of its schedules is due, or null. */
export function nextDueAt(task: TaskRow, now: number): number | null {
  return firstAfter(enabledSchedules(task), now);
}

/** The schedules that make runs: a removed one only keeps its place. */
export function enabledSchedules(task: TaskRow): readonly ScheduleRow[] {
  return task.enabled ? task.schedules.filter(({ enabled }) => enabled) : [];
}

function scheduleView(schedule: ScheduleRow, now: number): ScheduleView {
  const { id, key, parts } = schedule;
  return {
    key,
    words: scheduleWords(id, parts, now),
    next: iso(nextAfter(schedule, now)),
    parts: parts.map(({ anchor: _, ...part }) => part),
  };
}
