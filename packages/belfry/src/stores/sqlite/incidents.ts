import { incidentId } from "../../core/identity.ts";
import {
  causeOf,
  countOf,
  type DownIncident,
  type Downtime,
  followTask,
  type Incident,
  isWithin,
  type Missed,
  type Sign,
  signedAt,
  type TaskIncident,
  told,
  toldAt,
  withMissed,
} from "../../core/incident.ts";
import type { AlertFacts, IncidentFilter } from "../../outbox.ts";
import type { IncidentStep } from "../../store.ts";
import type { Database, Param } from "./database.ts";
import { definitions } from "./definitions.ts";
import { putAlerts } from "./outgoing.ts";
import { parseJson } from "./rows.ts";

/** What a verb came across that bears on incidents, by task: it is followed once, at the verb's end. */
export type Signs = Map<string, Sign[]>;

export function addSign(signs: Signs, task: string, sign: Sign): void {
  const known = signs.get(task);
  if (known === undefined) signs.set(task, [sign]);
  else known.push(sign);
}

/** Opens, joins and closes what the signs say, with the alerts of each step. */
export function follow(db: Database, signs: Signs, now: number): readonly IncidentStep[] {
  const steps: IncidentStep[] = [];
  for (const [task, found] of signs) {
    const open = openIncident(db, task);
    // Without an open incident only a cause says something.
    const news = found.some(({ kind }) => kind === "failed" || kind === "late");
    if (open !== null || news) steps.push(...followOne(db, task, open, found, now));
  }
  return steps;
}

/** Which of these tasks have an open incident: as a rule none, and then one look says so. */
export function tasksInTrouble(db: Database, tasks: ReadonlySet<string>): ReadonlySet<string> {
  const any = db.get(
    `select 1 from incident indexed by incident_task
     where kind = 'task' and closed_at is null limit 1`,
  );
  if (any === undefined) return new Set();
  const rows = db.all<{ task: string }>(
    `select i.task from json_each(?) t cross join incident i indexed by incident_task
     on i.task = t.value and i.kind = 'task' and i.closed_at is null`,
    JSON.stringify([...tasks]),
  );
  return new Set(rows.map(({ task }) => task));
}

interface TaskState {
  enabled: number;
  definition: string;
  last_success: string | null;
}

function followOne(
  db: Database,
  task: string,
  open: TaskIncident | null,
  signs: readonly Sign[],
  now: number,
): readonly IncidentStep[] {
  const state = db.get<TaskState>(
    `select enabled, definition,
       iif(json_valid(last_success), last_success ->> 'id', null) as last_success
     from task where name = ?`,
    task,
  );
  const inOrder = signs
    .map((sign) => withLivingSchedule(db, sign))
    .sort((a, b) => signedAt(a) - signedAt(b));
  const after = [...inOrder, ...signsOfState(db, state, now)];
  const touched = new Map<string, TaskIncident>();
  const taken: { step: IncidentStep["step"]; incident: TaskIncident }[] = [];
  let current = open;
  for (const sign of after) {
    const id = incidentId(signedAt(sign), causeOf(sign));
    const { incident, step } = followTask(current, task, sign, id);
    if (incident !== null) touched.set(incident.id, incident);
    if (incident !== null && step !== null) taken.push({ step, incident });
    current = step === "closed" ? null : incident;
  }
  for (const incident of touched.values()) write(db, incident);
  if (taken.length === 0) return [];
  const around = surroundingsOf(db, state?.definition ?? "");
  return taken.map(({ step, incident }) => {
    const facts = { ...around.facts, step, at: atOf(step, incident), incident };
    putAlerts(db, facts, around.channels, now);
    return { step, incident, channels: around.channels };
  });
}

/** A schedule that is gone has no successes to come: what it caused is the task's as a whole. */
function withLivingSchedule(db: Database, sign: Sign): Sign {
  if ((sign.kind !== "failed" && sign.kind !== "late") || sign.schedule === null) return sign;
  const lives = db.get("select 1 from schedule where id = ? and enabled = 1", sign.schedule);
  return lives === undefined ? { ...sign, schedule: null } : sign;
}

/**
 * What the task's row says: one that is removed has no trouble, and a success may have been settled
 * before the failure that it answers.
 */
function signsOfState(db: Database, state: TaskState | undefined, now: number): readonly Sign[] {
  if (state === undefined || state.enabled === 0) return [{ kind: "removed", at: now }];
  return state.last_success === null ? [] : successOf(db, state.last_success);
}

/** The run, if it is in history and succeeded. */
export function successOf(db: Database, run: string): readonly Sign[] {
  const row = db.get<{ schedule: string | null; started_at: number; ended_at: number }>(
    "select schedule, started_at, ended_at from history where id = ? and state = 'succeeded'",
    run,
  );
  if (row === undefined) return [];
  const { schedule, started_at: startedAt, ended_at: endedAt } = row;
  return [{ kind: "succeeded", schedule, startedAt, endedAt }];
}

function atOf(step: IncidentStep["step"], { openedAt, closedAt }: TaskIncident): number {
  return step === "opened" ? openedAt : (closedAt ?? openedAt);
}

interface Around {
  readonly channels: readonly string[];
  readonly facts: Pick<AlertFacts, "timeZone" | "description" | "severity" | "owner" | "runbook">;
}

const NOWHERE: Around = {
  channels: [],
  facts: { timeZone: "UTC", description: null, severity: null, owner: null, runbook: null },
};

/** Whom to tell, by the definition in force, and what it says for people. */
function surroundingsOf(db: Database, hash: string): Around {
  const [found] = definitions(db, [hash]);
  if (found === undefined) return NOWHERE;
  const { watch, timeZone, description, severity, owner, runbook } = found.body;
  return {
    channels: [...new Set(watch.alerts)],
    facts: { timeZone, description, severity, owner, runbook },
  };
}

// ── Downtimes ────────────────────────────────────────────────────────────────────────────────

/** Notes that nothing was alive between the store's highest instant and now. */
export function noteDowntime(db: Database, node: string, now: number): void {
  db.run(
    `update meta set down_from = high_at, down_until = ?1 where high_at > 0 and high_at < ?1
     and not exists (select 1 from node where id <> ?2 and state = 'alive' and lease_until >= ?1)`,
    now,
    node,
  );
}

function lastDowntime(db: Database): Downtime | null {
  const row = db.get<{ fromAt: number | null; untilAt: number | null }>(
    "select down_from as fromAt, down_until as untilAt from meta",
  );
  if (row === undefined || row.fromAt === null || row.untilAt === null) return null;
  return { fromAt: row.fromAt, untilAt: row.untilAt };
}

/** @param hashes the definitions of the tasks concerned: their channels are told. */
export function joinDown(
  db: Database,
  missed: Omit<Missed, "channels">,
  hashes: ReadonlySet<string>,
): void {
  const open = openDown(db);
  const downtime = lastDowntime(db);
  // What was only made up for is told where something was missed, or the node has just come back.
  const isDowntime = downtime !== null && isWithin(missed.fromAt, downtime);
  if (missed.missed === 0 && open === null && !isDowntime) return;
  const id = incidentId(missed.at, `down/${missed.fromAt}/${Object.keys(missed.tasks)[0] ?? ""}`);
  const channels = missed.missed === 0 ? [] : channelsOf(db, hashes);
  write(db, withMissed(open, { ...missed, channels }, downtime, id));
}

function channelsOf(db: Database, hashes: ReadonlySet<string>): readonly string[] {
  const rows = db.all<{ channel: string }>(
    `select distinct c.value as channel from json_each(?) h join definition d on d.hash = h.value,
     json_each(iif(json_valid(d.body), d.body, '{}'), '$.watch.alerts') c`,
    JSON.stringify([...hashes]),
  );
  return rows.map(({ channel }) => channel);
}

/** When the message of the open downtime is due; null: there is none. */
export function downToldAt(db: Database): number | null {
  const open = openDown(db);
  return open === null ? null : toldAt(open);
}

/** Closes the downtime of which all is known now, with its message. */
export function tellDown(db: Database, now: number): readonly DownIncident[] {
  const open = openDown(db);
  if (open === null || toldAt(open) > now) return [];
  const incident = told(open, now);
  if (incident.missed === 0) {
    db.run("delete from incident where id = ?", incident.id);
    return [incident];
  }
  write(db, incident);
  const step = { step: "opened", at: incident.openedAt, incident } as const;
  putAlerts(db, { ...NOWHERE.facts, ...step }, incident.channels, now);
  return [incident];
}

// ── Rows ─────────────────────────────────────────────────────────────────────────────────────

interface IncidentColumns {
  id: string;
  kind: Incident["kind"];
  task: string | null;
  opened_at: number;
  last_at: number;
  closed_at: number | null;
  body: string;
}

const SELECT = "select id, kind, task, opened_at, last_at, closed_at, body from incident";

function openIncident(db: Database, task: string): TaskIncident | null {
  const row = db.get<IncidentColumns>(
    `${SELECT} indexed by incident_task where task = ? and kind = 'task' and closed_at is null`,
    task,
  );
  const incident = row === undefined ? null : incidentOf(row);
  return incident?.kind === "task" ? incident : null;
}

function openDown(db: Database): DownIncident | null {
  const row = db.get<IncidentColumns>(
    `${SELECT} indexed by incident_down where kind = 'down' and closed_at is null`,
  );
  const incident = row === undefined ? null : incidentOf(row);
  return incident?.kind === "down" ? incident : null;
}

/** What somebody damaged reads as an incident of which little is known. */
function incidentOf(row: IncidentColumns): Incident {
  const { id, opened_at: openedAt, last_at: lastAt, closed_at: closedAt } = row;
  const facts = { id, openedAt, lastAt, closedAt };
  if (row.kind === "task") {
    const task = row.task ?? "";
    const unknown = { failed: 0, missed: 0, unanswered: { "": lastAt }, run: null, closedBy: null };
    return { kind: "task", task, ...unknown, ...parseJson<object>(row.body, {}), ...facts };
  }
  const times = { fromAt: openedAt, untilAt: openedAt };
  const unknown = { ...times, missed: 0, caughtUp: 0, tasks: {}, channels: [] };
  return { kind: "down", ...unknown, ...parseJson<object>(row.body, {}), ...facts };
}

function write(db: Database, incident: Incident): void {
  const { id, kind, openedAt, lastAt, closedAt, ...body } = incident;
  db.run(
    `insert into incident (id, kind, task, opened_at, last_at, closed_at, count, body)
     values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (id) do update set last_at = excluded.last_at,
       closed_at = excluded.closed_at, count = excluded.count, body = excluded.body`,
    id,
    kind,
    incident.kind === "task" ? incident.task : null,
    openedAt,
    lastAt,
    closedAt,
    countOf(incident),
    JSON.stringify(body),
  );
}

export function incidents(db: Database, filter: IncidentFilter): readonly Incident[] {
  const conditions = ["true"];
  const params: Param[] = [];
  if (filter.task !== undefined) {
    conditions.push("task = ?");
    params.push(filter.task);
  }
  if (filter.open) conditions.push("closed_at is null");
  const rows = db.all<IncidentColumns>(
    `${SELECT} where ${conditions.join(" and ")} order by opened_at desc, id desc limit ?`,
    ...params,
    filter.limit,
  );
  return rows.map(incidentOf);
}
