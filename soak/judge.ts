import { compile } from "../packages/belfry/src/core/schedule.ts";
import type { GapRow, RunRow, ScheduleRow, TaskRow } from "../packages/belfry/src/records.ts";
import type { Store } from "../packages/belfry/src/store.ts";
import { judgeEffects, readEffects } from "./effects.ts";

/** By schedule: the first occurrence that the soak must account for. */
export type Beginnings = ReadonlyMap<string, number>;

const ALL = 10_000_000;

/** What stands in the store before anything can have been pruned. */
export async function readBeginnings(store: Store): Promise<Beginnings> {
  const first = new Map<string, number>();
  for (const { name, schedules } of await store.tasks(null)) {
    const runs = await store.runs({ task: name, limit: ALL });
    const gaps = await store.gaps(name, 0, Number.MAX_SAFE_INTEGER);
    for (const { id, nextAt } of schedules) {
      const dues = runs.filter(({ schedule }) => schedule === id).map(({ dueAt }) => dueAt);
      const gone = gaps.filter(({ schedule }) => schedule === id).map(({ fromAt }) => fromAt);
      first.set(id, Math.min(nextAt ?? Number.POSITIVE_INFINITY, ...dues, ...gone));
    }
  }
  return first;
}

/**
 * Everything that is wrong in the end; none is what a soak is run for.
 *
 * @param forgetful the store may have lost attempts that it had acknowledged.
 */
export async function judge(
  store: Store,
  effects: string,
  beginnings: Beginnings,
  forgetful = false,
): Promise<readonly string[]> {
  const wrong: string[] = [];
  const running = await store.runs({ state: "running", limit: 10 });
  for (const { id, task } of running) wrong.push(`${task} ${id} is still running`);
  for (const task of await store.tasks(null)) {
    wrong.push(...(await unaccounted(store, task, beginnings)));
  }
  wrong.push(...judgeEffects(await store.runs({ limit: ALL }), readEffects(effects), forgetful));
  return wrong;
}

/** Each due instant became a run, or has its place in a gap, or was rolled up as one of either. */
async function unaccounted(
  store: Store,
  { name, schedules }: TaskRow,
  beginnings: Beginnings,
): Promise<readonly string[]> {
  const runs = (await store.runs({ task: name, limit: ALL })).filter(
    ({ trigger }) => trigger.kind === "schedule",
  );
  const gaps = await store.gaps(name, 0, Number.MAX_SAFE_INTEGER);
  const days = await store.days(name, "0000-01-01", "9999-12-31");
  if (days.length === 0) {
    return schedules.flatMap((schedule) =>
      coveredOtherwiseThanOnce(schedule, runs, gaps, beginnings.get(schedule.id) ?? 0).map(
        (what) => `${name}: ${what}`,
      ),
    );
  }
  // What is rolled up is only counted.
  let due = 0;
  for (const { id, parts, cursorAt } of schedules) {
    due += compile(parts, id).count(beginnings.get(id) ?? 0, cursorAt + 1);
  }
  const passed = gaps.reduce((sum, { count }) => sum + count, 0);
  const rolledUp = days.reduce((sum, day) => sum + day.due, 0);
  const kept = runs.length + passed + rolledUp;
  if (kept === due) return [];
  return [
    `${name}: ${due} were due, ${kept} are accounted for (${runs.length} runs, ${passed} in gaps, ${rolledUp} rolled up)`,
  ];
}

/** Occurrence by occurrence, while none is rolled up. */
function coveredOtherwiseThanOnce(
  { id, parts, cursorAt }: ScheduleRow,
  runs: readonly RunRow[],
  gaps: readonly GapRow[],
  from: number,
): readonly string[] {
  const wrong: string[] = [];
  const rule = compile(parts, id);
  const times = new Map<number, number>();
  let due = 0;
  for (let at = rule.next(from - 1); at !== null && at <= cursorAt; at = rule.next(at)) {
    times.set(at, 0);
    due += 1;
  }
  for (const { schedule, dueAt } of runs) {
    if (schedule === id) times.set(dueAt, (times.get(dueAt) ?? -1) + 1);
  }
  for (const { schedule, fromAt, toAt, count, reason } of gaps) {
    if (schedule !== id) continue;
    let found = 0;
    for (let at = rule.next(fromAt - 1); at !== null && at <= toAt; at = rule.next(at)) {
      times.set(at, (times.get(at) ?? -1) + 1);
      found += 1;
    }
    if (found === count) continue;
    wrong.push(
      `the gap ${reason} from ${new Date(fromAt).toISOString()} counts ${count}, not ${found}`,
    );
  }
  for (const [at, covered] of times) {
    if (covered !== 1)
      wrong.push(`${new Date(at).toISOString()} is accounted for ${covered} times`);
  }
  return due === 0 ? [...wrong, "nothing came due"] : wrong;
}

/** A key makes one run, however often and at once it is given. */
export async function judgeKeys(
  store: Store,
  keys: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<readonly string[]> {
  const wrong: string[] = [];
  const made = new Map<string, string[]>();
  for (const { id, idempotencyKey } of await store.runs({ limit: ALL })) {
    if (idempotencyKey !== null)
      made.set(idempotencyKey, [...(made.get(idempotencyKey) ?? []), id]);
  }
  for (const [key, answers] of keys) {
    const runs = made.get(key) ?? [];
    if (runs.length > 1) wrong.push(`"${key}" made ${runs.length} runs`);
    if (answers.size > 1) wrong.push(`"${key}" was answered with ${answers.size} runs`);
    for (const id of answers) {
      if (!runs.includes(id)) wrong.push(`"${key}" was answered with ${id}, which is not there`);
    }
  }
  return wrong;
}
