import type { Adopted, AdoptedTask, Adoption } from "../../adoption.ts";
import { writeAudit } from "./audit.ts";
import { carriedReleases, keptReleases, nameOf, releaseOf } from "./carried.ts";
import { keepDefinition } from "./definitions.ts";
import { topup, topupAll, UNLIMITED } from "./gates.ts";
import { addSign, follow } from "./incidents.ts";
import { lockGatesOf } from "./lock.ts";
import { carryTasks, freeParkedCode, placeTasks } from "./nodes.ts";
import {
  type Change,
  CURSOR_NOT_BEFORE,
  declareSchedule,
  disableSchedules,
  isReadable,
} from "./schedules.ts";
import { auditAddedTask, auditChangedTask, auditRemovedTask } from "./task-deeds.ts";
import { heldWaiting, withdraw } from "./waiting.ts";
import { all, count, one, put, type Work } from "./work.ts";

interface TaskState {
  source: string;
  enabled: number;
  definition: string;
  runs_on: string | null;
}

export function* adopt(adoption: Adoption, now: number, by: string): Work<Adopted> {
  const { source, hash } = adoption.release;
  if ((yield* owes(adoption, now)) || !(yield* switchSource(adoption))) {
    return { answer: "stale", refused: [], steps: [] };
  }
  const change: Change = { source, by, now, signs: new Map() };
  const refused: { task: string; source: string }[] = [];
  const fates: Record<Fate, number> = { added: 0, changed: 0, kept: 0 };
  let owners: "kept" | "moved" = "kept";
  let places: "kept" | "moved" = "kept";
  for (const task of adoption.tasks) {
    const row = yield* one<TaskState>(
      "select source, enabled, definition, runs_on from task where name = ? for update",
      task.name,
    );
    if (row !== undefined && row.source !== source && row.enabled === 1) {
      refused.push({ task: task.name, source: row.source });
    } else {
      fates[yield* adoptTask(task, row, change)] += 1;
      if ((row?.runs_on ?? null) !== runsOnOf(task)) places = "moved";
    }
    if (row?.source !== source) owners = "moved";
  }
  const gone = yield* goneTasks(adoption);
  for (const name of gone) {
    yield* removeTask(name, change);
    owners = "moved";
  }
  yield* offer(gone, source);
  if (owners === "moved") yield* recarry();
  const nodes = yield* all<{ id: string }>("select id from node where state = 'alive'");
  for (const { id } of nodes) {
    if (owners === "moved" || places === "moved") yield* placeTasks(id);
    yield* freeParkedCode(id, now);
  }
  const { added, changed } = fates;
  const tasks = { added, changed, removed: gone.length, refused: refused.map(({ task }) => task) };
  const before = adoption.from === null ? undefined : { release: adoption.from };
  const deed = { actor: by, what: "source.adopt", subject: source };
  yield* writeAudit({ ...deed, before, after: { release: hash, tasks } }, now);
  return { answer: "adopted", refused, steps: yield* follow(change.signs, now) };
}

/**
 * Whether a schedule has come due that is not planned up to now: a switch would pass it over. One
 * that is damaged, or that nobody can plan, stays owing; only a switch can mend it.
 */
function* owes({ release, forfeits = [] }: Adoption, now: number): Work<boolean> {
  const passed = [...forfeits];
  for (;;) {
    const due = yield* one<{ id: string; parts: string }>(
      `select s.id, s.parts from schedule s join task t on t.name = s.task and t.enabled = 1
       where t.source = ? and s.enabled = 1 and s.next_at <= ? and s.id <> all(?) limit 1`,
      release.source,
      now,
      passed,
    );
    if (due === undefined) return false;
    if (isReadable(due.parts)) return true;
    passed.push(due.id);
  }
}

/** By compare-and-set on the release in force, so two nodes never switch over each other. */
function* switchSource(adoption: Adoption): Work<boolean> {
  const { source, hash } = adoption.release;
  yield* put("insert into source (name, applied) values (?, null) on conflict do nothing", source);
  const switched = yield* count(
    "update source set applied = ? where name = ? and applied is not distinct from ?",
    hash,
    source,
    adoption.from,
  );
  return switched === 1;
}

function* adoptTask(task: AdoptedTask, row: TaskState | undefined, change: Change): Work<Fate> {
  const { now, source } = change;
  yield* keepDefinition({ hash: task.definition, body: task.body }, now);
  yield* put(
    `insert into task (name, source, enabled, file, line, definition, runs_on)
     values (?, ?, 1, ?, ?, ?, ?)
     on conflict (name) do update set source = excluded.source, enabled = 1, file = excluded.file,
       line = excluded.line, definition = excluded.definition, runs_on = excluded.runs_on`,
    task.name,
    source,
    task.file,
    task.line,
    task.definition,
    runsOnOf(task),
  );
  if (row !== undefined && row.enabled === 0) yield* bringBack(task.name, change);
  const fate = fateOf(task, row);
  if (row !== undefined && fate !== "kept") yield* touchDefinition(row.definition, now);
  if (fate === "added") yield* auditAddedTask(task, change);
  if (row !== undefined && fate === "changed")
    yield* auditChangedTask(task, row.definition, change);
  const keys: string[] = [];
  for (const [index, declared] of task.body.schedules.entries()) {
    keys.push(declared.key);
    const nextAt = task.nextAt[index] ?? null;
    yield* declareSchedule({ ...declared, task: task.name, nextAt }, change);
  }
  yield* disableSchedules(task.name, keys, change);
  yield* limitGates(task, now);
  return fate;
}

/** As a task's row has it: null where any node may run it. */
function runsOnOf({ body }: AdoptedTask): string | null {
  const { runsOn } = body.policies;
  return runsOn.length === 0 ? null : JSON.stringify(runsOn);
}

/** What a release means for a task. */
type Fate = "added" | "changed" | "kept";

function fateOf(task: AdoptedTask, row: TaskState | undefined): Fate {
  if (row === undefined || row.enabled === 0) return "added";
  return row.definition === task.definition ? "kept" : "changed";
}

/** A definition that was in force until now is still that of its runs: it is kept as one seen now. */
function* touchDefinition(hash: string, now: number): Work<void> {
  yield* put("update definition set seen_at = ? where hash = ?", now, hash);
}

/** Schedules made at run time come back with their task; what fell due meanwhile is not owed. */
function* bringBack(task: string, change: Change): Work<void> {
  yield* put(
    `update schedule set cursor_at = ${CURSOR_NOT_BEFORE}, revision = revision + 1
     where task = ? and source = 'api' and enabled = 1`,
    change.now,
    change.now,
    task,
  );
}

function* limitGates(task: AdoptedTask, now: number): Work<void> {
  const max = task.body.policies.concurrency.limit ?? UNLIMITED;
  yield* lockGatesOf(task.name);
  const gates = yield* all<{ id: string }>(
    "update gate set max = ? where task = ? and max <> ? returning id",
    max,
    task.name,
    max,
  );
  for (const { id } of gates) yield* topup(id, now);
}

/** What could not be loaded is not gone: it stays as it was, without code. */
function* goneTasks({ release, tasks }: Adoption): Work<readonly string[]> {
  const rows = yield* all<{ name: string }>(
    `select name from task where source = ? and enabled = 1 and name <> all(?) and name <> all(?)
     and (file is null or file <> all(?)) order by name`,
    release.source,
    tasks.map((task) => task.name),
    release.unread,
    release.unread,
  );
  return rows.map((row) => row.name);
}

/** Sources that were refused one of these names adopt their release once more. */
function* offer(names: readonly string[], giver: string): Work<void> {
  if (names.length === 0) return;
  const given = new Set(names);
  const applied = yield* all<{ source: string; hash: string; body: string }>(
    `select r.source, r.hash, r.body from source s
     join release r on r.source = s.name and r.hash = s.applied where s.name <> ?`,
    giver,
  );
  const takers = applied.filter((row) => releaseOf(row)?.tasks.some(({ name }) => given.has(name)));
  yield* put(
    "update source set applied = null where name = any(?)",
    takers.map(({ source }) => source),
  );
}

function* removeTask(task: string, change: Change): Work<void> {
  const { now, by } = change;
  const was = yield* one<{ definition: string }>(
    "update task set enabled = 0 where name = ? returning definition",
    task,
  );
  addSign(change.signs, task, { kind: "removed", at: now });
  yield* disableSchedules(task, [], change);
  const waiting = yield* heldWaiting(task, "true");
  yield* topupAll(yield* withdraw(waiting, by, now), now);
  yield* auditRemovedTask(task, was?.definition ?? "", change);
}

/** A name has another owner now: says anew which living node has whose code. */
function* recarry(): Work<void> {
  const carried = yield* carriedReleases();
  const kept = yield* keptReleases(carried);
  const known = carried.filter((one) => kept.has(nameOf(one)));
  for (const node of new Set(known.map((one) => one.node))) {
    yield* put("delete from node_task where node = ?", node);
  }
  for (const one of known) {
    const release = kept.get(nameOf(one)) ?? null;
    if (release !== null) yield* carryTasks(one.node, release);
  }
}
