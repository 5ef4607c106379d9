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
import type { LastRun } from "../../records.ts";
import type { IncidentStep } from "../../store.ts";
import { definitions } from "./definitions.ts";
import { lockTasks } from "./lock.ts";
import { putAlerts } from "./outgoing.ts";
import { parseJson } from "./rows.ts";
import { all, one, put, type Value, type Work } from "./work.ts";

/** What a verb came across that bears on incidents, by task: it is followed once, at the verb's end. */
export type Signs = Map<string, Sign[]>;

export function addSign(signs: Signs, task: string, sign: Sign): void {
  const known = signs.get(task);
  if (known === undefined) signs.set(task, [sign]);
  else known.push(sign);
}

/** Opens, joins and closes what the signs say, with the alerts of each step. */
export function* follow(signs: Signs, now: number): Work<readonly IncidentStep[]> {
  if (signs.size === 0) return [];
  yield* lockTasks([...signs.keys()]);
  const steps: IncidentStep[] = [];
  for (const [task, found] of signs) {
    const open = yield* openIncident(task);
    // Without an open incident only a cause says something.
    const news = found.some(({ kind }) => kind === "failed" || kind === "late");
    if (open !== null || news) {
      steps.push(...(yield* followOne(task, open, found, now)));
    }
  }
  return steps;
}

/** Which of these tasks have an open incident: as a rule none, and then one look says so. */
export function* tasksInTrouble(tasks: ReadonlySet<string>): Work<ReadonlySet<string>> {
  const any = yield* one(
    `select 1 from incident /* by incident_task */
     where kind = 'task' and closed_at is null limit 1`,
  );
  if (any === undefined) return new Set();
  const rows = yield* all<{ task: string }>(
    `select task from incident /* by incident_task */
     where task = any(?) and kind = 'task' and closed_at is null`,
    [...tasks],
  );
  return new Set(rows.map(({ task }) => task));
}

interface TaskState {
  enabled: number;
  definition: string;
  last_success: string | null;
}

function* followOne(
  task: string,
  open: TaskIncident | null,
  signs: readonly Sign[],
  now: number,
): Work<readonly IncidentStep[]> {
  const state = yield* one<TaskState>(
    "select enabled, definition, last_success from task where name = ?",
    task,
  );
  const living: Sign[] = [];
  for (const sign of signs) living.push(yield* withLivingSchedule(sign));
  living.sort((a, b) => signedAt(a) - signedAt(b));
  const after = [...living, ...(yield* signsOfState(state, now))];
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
  for (const incident of touched.values()) yield* write(incident);
  if (taken.length === 0) return [];
  const around = yield* surroundingsOf(state?.definition ?? "");
  for (const { step, incident } of taken) {
    const facts = { ...around.facts, step, at: atOf(step, incident), incident };
    yield* putAlerts(facts, around.channels, now);
  }
  return taken.map(({ step, incident }) => ({ step, incident, channels: around.channels }));
}

/** A schedule that is gone has no successes to come: what it caused is the task's as a whole. */
function* withLivingSchedule(sign: Sign): Work<Sign> {
  if ((sign.kind !== "failed" && sign.kind !== "late") || sign.schedule === null) return sign;
  const lives = yield* one("select 1 from schedule where id = ? and enabled = 1", sign.schedule);
  return lives === undefined ? { ...sign, schedule: null } : sign;
}

/**
 * What the task's row says: one that is removed has no trouble, and a success may have been settled
 * before the failure that it answers.
 */
function* signsOfState(state: TaskState | undefined, now: number): Work<readonly Sign[]> {
  if (state === undefined || state.enabled === 0) return [{ kind: "removed", at: now }];
  if (state.last_success === null) return [];
  const last = parseJson<LastRun | null>(state.last_success, null);
  return last === null ? [] : yield* successOf(last.id);
}

/** The run, if it is in history and succeeded. */
export function* successOf(run: string): Work<readonly Sign[]> {
  const row = yield* one<{ schedule: string | null; started_at: number; ended_at: number }>(
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
function* surroundingsOf(hash: string): Work<Around> {
  const [found] = yield* definitions([hash]);
  if (found === undefined) return NOWHERE;
  const { watch, timeZone, description, severity, owner, runbook } = found.body;
  return {
    channels: [...new Set(watch.alerts)],
    facts: { timeZone, description, severity, owner, runbook },
  };
}

// ── Downtimes ────────────────────────────────────────────────────────────────────────────────

/** Notes that nothing was alive between the store's highest instant and now. */
export function* noteDowntime(node: string, now: number): Work<void> {
  yield* put(
    `update meta set down_from = high_at, down_until = ? where high_at > 0 and high_at < ?
     and not exists (select 1 from node where id <> ? and state = 'alive' and lease_until >= ?)`,
    now,
    now,
    node,
    now,
  );
}

function* lastDowntime(): Work<Downtime | null> {
  const row = yield* one<{ fromAt: number | null; untilAt: number | null }>(
    'select down_from as "fromAt", down_until as "untilAt" from meta',
  );
  if (row === undefined || row.fromAt === null || row.untilAt === null) return null;
  return { fromAt: row.fromAt, untilAt: row.untilAt };
}

/** @param hashes the definitions of the tasks concerned: their channels are told. */
export function* joinDown(
  missed: Omit<Missed, "channels">,
  hashes: ReadonlySet<string>,
): Work<void> {
  const open = yield* openDown(OPEN_DOWN_HELD);
  const downtime = yield* lastDowntime();
  // What was only made up for is told where something was missed, or the node has just come back.
  const isDowntime = downtime !== null && isWithin(missed.fromAt, downtime);
  if (missed.missed === 0 && open === null && !isDowntime) return;
  const id = incidentId(missed.at, `down/${missed.fromAt}/${Object.keys(missed.tasks)[0] ?? ""}`);
  const channels = missed.missed === 0 ? [] : yield* channelsOf(hashes);
  yield* write(withMissed(open, { ...missed, channels }, downtime, id));
}

function* channelsOf(hashes: ReadonlySet<string>): Work<readonly string[]> {
  const found = yield* definitions([...hashes]);
  const alertsOf = new Map(found.map(({ hash, body }) => [hash, body.watch.alerts]));
  return [...new Set([...hashes].flatMap((hash) => alertsOf.get(hash) ?? []))];
}

/** When the message of the open downtime is due; null: there is none. */
export function* downToldAt(): Work<number | null> {
  const open = yield* openDown(OPEN_DOWN);
  return open === null ? null : toldAt(open);
}

/** Closes the downtime of which all is known now, with its message. */
export function* tellDown(now: number): Work<readonly DownIncident[]> {
  const open = yield* openDown(OPEN_DOWN_HELD);
  if (open === null || toldAt(open) > now) return [];
  const incident = told(open, now);
  if (incident.missed === 0) {
    yield* put("delete from incident where id = ?", incident.id);
    return [incident];
  }
  yield* write(incident);
  const step = { step: "opened", at: incident.openedAt, incident } as const;
  yield* putAlerts({ ...NOWHERE.facts, ...step }, incident.channels, now);
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

const OPEN_OF_TASK = `${SELECT} /* by incident_task */
  where task = ? and kind = 'task' and closed_at is null`;

function* openIncident(task: string): Work<TaskIncident | null> {
  const row = yield* one<IncidentColumns>(OPEN_OF_TASK, task);
  const incident = row === undefined ? null : incidentOf(row);
  return incident?.kind === "task" ? incident : null;
}

const OPEN_DOWN = `${SELECT} /* by incident_down */ where kind = 'down' and closed_at is null`;
const OPEN_DOWN_HELD = `${OPEN_DOWN} for update`;

function* openDown(sql: string): Work<DownIncident | null> {
  const row = yield* one<IncidentColumns>(sql);
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

function* write(incident: Incident): Work<void> {
  const { id, kind, openedAt, lastAt, closedAt, ...body } = incident;
  yield* put(
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

export function* incidents(filter: IncidentFilter): Work<readonly Incident[]> {
  const conditions = ["true"];
  const values: Value[] = [];
  if (filter.task !== undefined) {
    conditions.push("task = ?");
    values.push(filter.task);
  }
  if (filter.open) conditions.push("closed_at is null");
  const rows = yield* all<IncidentColumns>(
    `${SELECT} where ${conditions.join(" and ")}
     order by opened_at desc, id desc limit cast(? as bigint)`,
    ...values,
    filter.limit,
  );
  return rows.map(incidentOf);
}
