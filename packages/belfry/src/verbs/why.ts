import { runReference, shortId } from "../core/run-reference.ts";
import { firstAfter } from "../core/schedule.ts";
import { type Why, whyRun, whyTask } from "../core/why.ts";
import type { WhyWorld } from "../core/why-world.ts";
import type { GateRow, NodeRow, RunRow, TaskRow } from "../records.ts";
import type { Store } from "../store.ts";
import type { VerbContext } from "./context.ts";
import { findTaskOrRun } from "./find.ts";
import { codeOf, liveNodes } from "./nodes.ts";

const OPEN_MAX = 100;
/** How many runs at a limit are looked at. */
const HOLDERS_MAX = 10;

/** How an instant is written in the zone of the task that is asked about. */
export type InstantText = (at: number, timeZone: string) => string;

const iso: InstantText = (at) => new Date(at).toISOString();

/**
 * Says in one sentence why a task or a run is not running, or ended as it did.
 *
 * @param instantText how the sentence and the evidence write instants: in ISO 8601 and UTC unless told.
 * @throws BelfryError as `findTask` and `findRun`.
 */
export async function why(
  context: VerbContext,
  subject: string,
  instantText: InstantText = iso,
): Promise<Why> {
  const { task, run } = await findTaskOrRun(context, subject);
  if (run === null) return await aboutTask(context, task, instantText);
  const [owner] = await context.store.tasks(run.task);
  const world = await worldOf(context, run.task, owner ?? null, run.gate, instantText);
  const by = run.asked?.asked === "replaced" ? await context.store.run(run.asked.by) : null;
  const nameOf = (id: string): string => (id === by?.id ? runReference(by) : world.nameOf(id));
  return whyRun({ ...world, nameOf }, run);
}

async function aboutTask(
  context: VerbContext,
  task: TaskRow,
  instantText: InstantText,
): Promise<Why> {
  const { store } = context;
  const filter = { task: task.name, limit: OPEN_MAX };
  const open = [
    ...(await store.runs({ ...filter, state: "running" })),
    ...(await store.runs({ ...filter, state: "pending" })),
  ].sort((a, b) => a.dueAt - b.dueAt);
  const gated = open.find((run: RunRow) => run.state === "pending" && run.gate !== null);
  const world = await worldOf(context, task.name, task, gated?.gate ?? null, instantText);
  return whyTask(world, open);
}

async function worldOf(
  context: VerbContext,
  name: string,
  task: TaskRow | null,
  gate: string | null,
  instantText: InstantText,
): Promise<WhyWorld> {
  const { store, clock } = context;
  const now = clock.now();
  const nodes = await liveNodes(context);
  const schedules = (task?.schedules ?? []).filter((schedule) => schedule.enabled);
  const held = gate === null ? null : await store.gate(gate);
  const holders = await holdersOf(store, held);
  const replaced = holders.find(({ asked }) => asked?.asked === "replaced");
  const timeZone = task?.body.timeZone ?? "UTC";
  return {
    now,
    task: name,
    enabled: task?.enabled ?? false,
    pause: task?.pause ?? null,
    attemptsMax: task?.body.policies.retry.attempts ?? 1,
    nodes,
    code: task === null ? "absent" : codeOf(task, nodes),
    carriers: task?.carriers ?? [],
    runsOn: task?.body.policies.runsOn ?? [],
    gate: held,
    replaced: replaced?.asked ? { run: replaced.id, by: replaced.asked.by } : null,
    nameOf: (id) => {
      const known = holders.find((run) => run.id === id);
      return known === undefined ? shortId(id) : runReference(known);
    },
    orphan: orphanOf(holders, nodes),
    schedules: schedules.length,
    nextAt: firstAfter(schedules, now),
    lastFailure: task?.lastRun?.state === "failed" ? await store.run(task.lastRun.id) : null,
    instantText: (at) => instantText(at, timeZone),
  };
}

async function holdersOf(store: Store, gate: GateRow | null): Promise<readonly RunRow[]> {
  const ids = gate?.holders.slice(0, HOLDERS_MAX) ?? [];
  const runs = await Promise.all(ids.map((id) => store.run(id)));
  return runs.filter((run) => run !== null);
}

/** Runs of nodes that are gone keep their place until another node has taken them over. */
function orphanOf(holders: readonly RunRow[], nodes: readonly NodeRow[]): WhyWorld["orphan"] {
  for (const { id, node } of holders) {
    if (node !== null && !nodes.some((alive) => alive.id === node)) return { run: id, node };
  }
  return null;
}
