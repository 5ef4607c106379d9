import { type Why, type WhyWorld, whyRun, whyTask } from "../core/why.ts";
import type { RunRow, TaskRow } from "../records.ts";
import type { VerbContext } from "./context.ts";
import { findRun, findTask } from "./find.ts";

const OPEN_MAX = 100;

/** Says in one sentence why a task or a run is not running, or ended as it did. */
export async function why(context: VerbContext, subject: string): Promise<Why> {
  const [task] = await context.store.tasks(subject);
  if (task !== undefined) return await aboutTask(context, task);
  const looksLikeRun = subject.includes("@") || /^[0-9a-f]{4,}[0-9a-f-]*$/i.test(subject);
  if (!looksLikeRun) return await aboutTask(context, await findTask(context, subject));
  const run = await findRun(context, subject);
  const [runTask] = await context.store.tasks(run.task);
  return whyRun(await worldOf(context, run.task, runTask ?? null, run.gate), run);
}

async function aboutTask(context: VerbContext, task: TaskRow): Promise<Why> {
  const { store } = context;
  const filter = { task: task.name, limit: OPEN_MAX };
  const open = [
    ...(await store.runs({ ...filter, state: "running" })),
    ...(await store.runs({ ...filter, state: "pending" })),
  ].sort((a, b) => a.dueAt - b.dueAt);
  const gated = open.find((run: RunRow) => run.state === "pending" && run.gate !== null);
  return whyTask(await worldOf(context, task.name, task, gated?.gate ?? null), open);
}

async function worldOf(
  { store, clock }: VerbContext,
  name: string,
  task: TaskRow | null,
  gate: string | null,
): Promise<WhyWorld> {
  const now = clock.now();
  const nodes = await store.nodes();
  const schedules = (task?.schedules ?? []).filter((schedule) => schedule.enabled);
  const next = schedules.flatMap(({ nextAt }) => (nextAt === null ? [] : [nextAt]));
  return {
    now,
    task: name,
    enabled: task?.enabled ?? false,
    pause: task?.pause ?? null,
    attemptsMax: task?.body.policies.retry.attempts ?? 1,
    nodes: nodes.filter((node) => node.state === "alive" && node.leaseUntil >= now),
    carriers: task?.carriers ?? [],
    gate: gate === null ? null : await store.gate(gate),
    schedules: schedules.length,
    nextAt: next.length === 0 ? null : Math.min(...next),
  };
}
