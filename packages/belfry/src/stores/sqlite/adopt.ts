import type { Adopted, AdoptedTask, Adoption } from "../../adoption.ts";
import { writeAudit } from "./audit.ts";
import type { Database } from "./database.ts";
import { keepDefinition, releaseOf } from "./definitions.ts";
import { topup, topupAll, UNLIMITED } from "./gates.ts";
import { addSign, follow } from "./incidents.ts";
import { carryTasks, freeParkedCode, RELEASES } from "./nodes.ts";
import { type Change, declareSchedule, disableSchedules } from "./schedules.ts";
import { auditAddedTask, auditChangedTask, auditRemovedTask } from "./task-deeds.ts";
import { SELECT_WAITING, type Waiting, withdraw } from "./waiting.ts";

interface TaskState {
  source: string;
  enabled: number;
  definition: string;
}

export function adopt(db: Database, adoption: Adoption, now: number, by: string): Adopted {
  const { source, hash } = adoption.release;
  if (owes(db, adoption, now) || !switchSource(db, adoption))
    return { answer: "stale", refused: [], steps: [] };
  const change: Change = { source, by, now, signs: new Map() };
  const refused: { task: string; source: string }[] = [];
  const fates: Record<Fate, number> = { added: 0, changed: 0, kept: 0 };
  let owners: "kept" | "moved" = "kept";
  for (const task of adoption.tasks) {
    const row = db.get<TaskState>(
      "select source, enabled, definition from task where name = ?",
      task.name,
    );
    if (row !== undefined && row.source !== source && row.enabled === 1) {
      refused.push({ task: task.name, source: row.source });
    } else {
      fates[adoptTask(db, task, row, change)] += 1;
    }
    if (row?.source !== source) owners = "moved";
  }
  const gone = goneTasks(db, adoption);
  for (const name of gone) {
    removeTask(db, name, change);
    owners = "moved";
  }
  offer(db, gone, source);
  if (owners === "moved") recarry(db);
  for (const { id } of db.all<{ id: string }>("select id from node where state = 'alive'")) {
    freeParkedCode(db, id, now);
  }
  const { added, changed } = fates;
  const tasks = { added, changed, removed: gone.length, refused: refused.map(({ task }) => task) };
  const before = adoption.from === null ? undefined : { release: adoption.from };
  const deed = { actor: by, what: "source.adopt", subject: source };
  writeAudit(db, { ...deed, before, after: { release: hash, tasks } }, now);
  return { answer: "adopted", refused, steps: follow(db, change.signs, now) };
}

/**
 * Whether a schedule has come due that is not planned up to now: a switch would pass it over. One
 * that is damaged, or that nobody can plan, stays owing; only a switch can mend it.
 */
function owes(db: Database, { release, forfeits = [] }: Adoption, now: number): boolean {
  const owed = db.get(
    `select 1 from schedule s join task t on t.name = s.task and t.enabled = 1
     where t.source = ? and s.enabled = 1 and s.next_at <= ? and json_valid(s.parts)
     and s.id not in (select value from json_each(?)) limit 1`,
    release.source,
    now,
    JSON.stringify(forfeits),
  );
  return owed !== undefined;
}

/** By compare-and-set on the release in force, so two nodes never switch over each other. */
function switchSource(db: Database, adoption: Adoption): boolean {
  const { source, hash } = adoption.release;
  db.run("insert or ignore into source (name, applied) values (?, null)", source);
  return (
    db.run(
      "update source set applied = ? where name = ? and applied is ?",
      hash,
      source,
      adoption.from,
    ) === 1
  );
}

function adoptTask(
  db: Database,
  task: AdoptedTask,
  row: TaskState | undefined,
  change: Change,
): Fate {
  const { now, source } = change;
  keepDefinition(db, { hash: task.definition, body: task.body }, now);
  db.run(
    `insert into task (name, source, enabled, file, line, definition) values (?, ?, 1, ?, ?, ?)
     on conflict (name) do update set source = excluded.source, enabled = 1, file = excluded.file,
       line = excluded.line, definition = excluded.definition`,
    task.name,
    source,
    task.file,
    task.line,
    task.definition,
  );
  if (row !== undefined && row.enabled === 0) bringBack(db, task.name, change);
  const fate = fateOf(task, row);
  if (row !== undefined && fate !== "kept") touchDefinition(db, row.definition, now);
  if (fate === "added") auditAddedTask(db, task, change);
  if (row !== undefined && fate === "changed") auditChangedTask(db, task, row.definition, change);
  const keys: string[] = [];
  for (const [index, declared] of task.body.schedules.entries()) {
    keys.push(declared.key);
    const nextAt = task.nextAt[index] ?? null;
    declareSchedule(db, { ...declared, task: task.name, nextAt }, change);
  }
  disableSchedules(db, task.name, keys, change);
  limitGates(db, task, now);
  return fate;
}

/** What a release means for a task. */
type Fate = "added" | "changed" | "kept";

function fateOf(task: AdoptedTask, row: TaskState | undefined): Fate {
  if (row === undefined || row.enabled === 0) return "added";
  return row.definition === task.definition ? "kept" : "changed";
}

/** A definition that was in force until now is still that of its runs: it is kept as one seen now. */
function touchDefinition(db: Database, hash: string, now: number): void {
  db.run("update definition set seen_at = ? where hash = ?", now, hash);
}

/** Schedules made at run time come back with their task; what fell due meanwhile is not owed. */
function bringBack(db: Database, task: string, change: Change): void {
  db.run(
    `update schedule set cursor_at = max(cursor_at, ?), revision = revision + 1
     where task = ? and source = 'api' and enabled = 1`,
    change.now,
    task,
  );
}

function limitGates(db: Database, task: AdoptedTask, now: number): void {
  const max = task.body.policies.concurrency.limit ?? UNLIMITED;
  const gates = db.all<{ id: string }>(
    "update gate set max = ? where task = ? and max <> ? returning id",
    max,
    task.name,
    max,
  );
  for (const { id } of gates) topup(db, id, now);
}

/** What could not be loaded is not gone: it stays as it was, without code. */
function goneTasks(db: Database, { release, tasks }: Adoption): readonly string[] {
  const rows = db.all<{ name: string }>(
    `select name from task where source = :source and enabled = 1
     and name not in (select value from json_each(:declared))
     and name not in (select value from json_each(:unread))
     and (file is null or file not in (select value from json_each(:unread))) order by name`,
    {
      source: release.source,
      declared: JSON.stringify(tasks.map((task) => task.name)),
      unread: JSON.stringify(release.unread),
    },
  );
  return rows.map((row) => row.name);
}

/** Sources that were refused one of these names adopt their release once more. */
function offer(db: Database, names: readonly string[], giver: string): void {
  db.run(
    `update source set applied = null where name <> ? and exists (
       select 1 from release r, json_each(r.body, '$.tasks') t
       where r.source = source.name and r.hash = source.applied
       and t.value ->> 'name' in (select value from json_each(?)))`,
    giver,
    JSON.stringify(names),
  );
}

function removeTask(db: Database, task: string, change: Change): void {
  const { now, by } = change;
  const was = db.get<{ definition: string }>(
    "update task set enabled = 0 where name = ? returning definition",
    task,
  );
  addSign(change.signs, task, { kind: "removed", at: now });
  disableSchedules(db, task, [], change);
  const waiting = db.all<Waiting>(`${SELECT_WAITING} where task = ?`, task);
  topupAll(db, withdraw(db, waiting, by, now), now);
  auditRemovedTask(db, task, was?.definition ?? "", change);
}

/** A name has another owner now: says anew which living node has whose code. */
function recarry(db: Database): void {
  const releases = db.all<{ node: string; source: string; hash: string; body: string }>(
    `select n.id as node, r.source, r.hash, r.body from node n, ${RELEASES} j
     join release r on r.source = j.value ->> 'source' and r.hash = j.value ->> 'hash'
     where n.state = 'alive'`,
  );
  for (const node of new Set(releases.map((row) => row.node))) {
    db.run("delete from node_task where node = ?", node);
  }
  for (const { node, source, hash, body } of releases) {
    const release = releaseOf({ source, hash, body });
    if (release !== null) carryTasks(db, node, release);
  }
}
