import { readFileSync } from "node:fs";
import { compile } from "../packages/belfry/src/core/schedule.ts";
import type { RunRow, TaskRow } from "../packages/belfry/src/records.ts";
import { SqliteStore } from "../packages/belfry/src/stores/sqlite/store.ts";

/** By schedule: the first occurrence that the soak must account for. */
export type Beginnings = ReadonlyMap<string, number>;

/** What stands in the store before anything can have been pruned. */
export async function readBeginnings(path: string): Promise<Beginnings> {
  const store = new SqliteStore(path);
  try {
    const first = new Map<string, number>();
    for (const { name, schedules } of await store.tasks(null)) {
      const runs = await store.runs({ task: name, limit: 1_000_000 });
      const gaps = await store.gaps(name, 0, Number.MAX_SAFE_INTEGER);
      for (const { id, nextAt } of schedules) {
        const dues = runs.filter(({ schedule }) => schedule === id).map(({ dueAt }) => dueAt);
        const gone = gaps.filter(({ schedule }) => schedule === id).map(({ fromAt }) => fromAt);
        first.set(id, Math.min(nextAt ?? Number.POSITIVE_INFINITY, ...dues, ...gone));
      }
    }
    return first;
  } finally {
    await store.close();
  }
}

/** Everything that is wrong in the end; none is what a soak is run for. */
export async function judge(
  path: string,
  effects: string,
  beginnings: Beginnings,
): Promise<readonly string[]> {
  const store = new SqliteStore(path);
  try {
    const wrong: string[] = [];
    const running = await store.runs({ state: "running", limit: 10 });
    for (const { id, task } of running) wrong.push(`${task} ${id} is still running`);
    for (const task of await store.tasks(null)) {
      wrong.push(...(await unaccounted(store, task, beginnings)));
    }
    wrong.push(...judgeEffects(await store.runs({ limit: 1_000_000 }), effects));
    return wrong;
  } finally {
    await store.close();
  }
}

/** Each due instant became a run, or has its place in a gap, or was rolled up as one of either. */
async function unaccounted(
  store: SqliteStore,
  { name, schedules }: TaskRow,
  beginnings: Beginnings,
): Promise<readonly string[]> {
  let due = 0;
  for (const { id, parts, cursorAt } of schedules) {
    due += compile(parts, id).count(beginnings.get(id) ?? 0, cursorAt + 1);
  }
  const runs = await store.runs({ task: name, limit: 1_000_000 });
  const gaps = await store.gaps(name, 0, Number.MAX_SAFE_INTEGER);
  const days = await store.days(name, "0000-01-01", "9999-12-31");
  const rows = runs.filter(({ trigger }) => trigger.kind === "schedule").length;
  const passed = gaps.reduce((sum, { count }) => sum + count, 0);
  const rolledUp = days.reduce((sum, day) => sum + day.due, 0);
  const kept = rows + passed + rolledUp;
  if (kept === due) return [];
  return [
    `${name}: ${due} were due, ${kept} are accounted for (${rows} runs, ${passed} in gaps, ${rolledUp} rolled up)`,
  ];
}

/** The witnesses wrote beside the store what they did. */
function judgeEffects(runs: readonly RunRow[], effects: string): readonly string[] {
  const wrong: string[] = [];
  const seen = new Map<string, number>();
  for (const line of readFileSync(effects, "utf8").split("\n")) {
    if (line !== "") seen.set(line, (seen.get(line) ?? 0) + 1);
  }
  for (const [line, times] of seen) if (times > 1) wrong.push(`"${line}" happened ${times} times`);
  for (const run of runs) {
    if (!run.task.startsWith("witness") || run.state !== "succeeded") continue;
    const { number } = run.attempts.at(-1) ?? { number: 0 };
    if (seen.has(`end ${run.id} ${number}`)) continue;
    wrong.push(`${run.task} ${run.id} is said to have succeeded and did not end`);
  }
  return wrong;
}
