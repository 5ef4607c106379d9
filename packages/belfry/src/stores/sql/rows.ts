import type { ErrorRecord } from "../../core/errors.ts";
import { runId } from "../../core/identity.ts";
import type {
  Attempt,
  OutcomeKind,
  Parked,
  Reason,
  RunState,
  TriggerKind,
} from "../../core/run.ts";
import type { Asked } from "../../core/verdict.ts";
import type { ClaimedRun, RunRow } from "../../records.ts";

/** 48 bits of time in hexadecimal digits, with the dash that stands among them. */
const ID_TIME_LENGTH = 13;

/** The columns that a run carries from table to table, in the order of the schema. */
export const RUN_COLUMNS: string = `id, task, schedule, due_at, created_at, ready_at, definition, trigger_kind,
  trigger_by, gate, deadline_at, attempts, payload, idempotency_key, replay_of`;

/** No id of a run that is due at this instant or later sorts before it. */
export function firstIdDue(at: number): string {
  return runId(at, "").slice(0, ID_TIME_LENGTH);
}

/** A run in any of the three tables, as the selects below give it. */
interface RunColumns {
  id: string;
  task: string;
  schedule: string | null;
  due_at: number;
  created_at: number;
  ready_at: number | null;
  definition: string;
  trigger_kind: TriggerKind;
  trigger_by: string;
  gate: string | null;
  deadline_at: number | null;
  attempts: string;
  payload: string | null;
  idempotency_key: string | null;
  replay_of: string | null;
}

/** What a claim answers with of each run, as a list: for what is hot, and no more than is needed. */
export type ClaimedTuple = [
  id: string,
  readyAt: number,
  gate: string | null,
  attempts: string,
  task: string,
  schedule: string | null,
  definition: string,
  triggerKind: TriggerKind,
  triggerBy: string,
  dueAt: number,
  createdAt: number,
  startedAt: number,
  deadlineAt: number | null,
  node: string,
  fence: number,
  payload: string | null,
  idempotencyKey: string | null,
  asked: Asked | null,
  replayOf: string | null,
];

export const CLAIMED_COLUMNS: string = `id, ready_at, gate, attempts, task, schedule, definition, trigger_kind,
  trigger_by, due_at, created_at, started_at, deadline_at, node, fence, payload, idempotency_key,
  asked, replay_of`;

/** @param previousDueAt of the run's task, when its last success was due. */
export function claimedRun(tuple: ClaimedTuple, previousDueAt: number | null): ClaimedRun {
  const [
    id,
    ,
    gate,
    attempts,
    task,
    schedule,
    definition,
    triggerKind,
    triggerBy,
    dueAt,
    createdAt,
    startedAt,
    deadlineAt,
    node,
    fence,
    payload,
    idempotencyKey,
    asked,
    replayOf,
  ] = tuple;
  return {
    id,
    task,
    schedule,
    scheduleKey: schedule === null ? null : triggerBy,
    definition,
    trigger: { kind: triggerKind, by: triggerBy },
    dueAt,
    createdAt,
    startedAt,
    deadlineAt,
    node,
    fence,
    attempts: attempts === "" ? [] : parseAttempts(attempts),
    payload,
    idempotencyKey,
    gate,
    asked,
    replayOf,
    previousDueAt,
  };
}

export interface StateColumns extends RunColumns {
  state: RunState;
  reason: Reason | null;
  parked: Parked | null;
  slot: number;
  start_by: number | null;
  node: string | null;
  fence: number | null;
  started_at: number | null;
  ended_at: number | null;
  asked: Asked | null;
  asked_by: string | null;
  outcome: OutcomeKind | null;
  exit_code: number | null;
  signal: string | null;
  log_bytes: number | null;
  log_dropped: number | null;
  result: string | null;
  error: string | null;
  report: string | null;
  progress: string | null;
}

const NO_OUTCOME = `null as outcome, null as exit_code, null as signal, null as log_bytes,
    null as log_dropped, null as result, null as error`;

/** Select StateColumns from each of the tables; append the condition. */
export const SELECT_RUN: {
  readonly pending: string;
  readonly running: string;
  readonly history: string;
} = {
  pending: `select ${RUN_COLUMNS}, 'pending' as state, null as reason, parked, slot, start_by,
    null as node, null as fence, null as started_at, null as ended_at, null as asked,
    null as asked_by, ${NO_OUTCOME}, null as report, null as progress from pending`,
  running: `select ${RUN_COLUMNS}, 'running' as state, null as reason, null as parked,
    case when gate is null then 0 else 1 end as slot, null as start_by, node, fence, started_at, null as ended_at, asked,
    asked_by, ${NO_OUTCOME}, report, progress from running`,
  history: `select ${RUN_COLUMNS}, state, reason, null as parked, 0 as slot, null as start_by, node,
    fence, started_at, ended_at, asked, asked_by, outcome, exit_code, signal, log_bytes,
    log_dropped, result, error, report, progress from history`,
};

export function runRow(row: StateColumns): RunRow {
  const earlier = parseAttempts(row.attempts);
  return {
    id: row.id,
    task: row.task,
    schedule: row.schedule,
    scheduleKey: row.schedule === null ? null : row.trigger_by,
    state: row.state,
    reason: row.reason,
    trigger: { kind: row.trigger_kind, by: row.trigger_by },
    definition: row.definition,
    dueAt: row.due_at,
    createdAt: row.created_at,
    readyAt: row.ready_at,
    parked: row.parked,
    gate: row.gate,
    slot: row.slot === 1,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    deadlineAt: row.deadline_at,
    startBy: row.start_by,
    node: row.node,
    fence: row.fence,
    asked: row.asked === null ? null : { asked: row.asked, by: row.asked_by ?? "" },
    attempts: [...earlier, ...lastAttempt(row, earlier.length)],
    payload: row.payload,
    result: row.result,
    error: row.error === null ? null : parseError(row.error),
    report: row.report,
    progress: row.progress,
    idempotencyKey: row.idempotency_key,
    replayOf: row.replay_of,
  };
}

/** What history says of the attempt that its run ended with. */
export type LastColumns = Pick<
  StateColumns,
  | "node"
  | "fence"
  | "started_at"
  | "ended_at"
  | "outcome"
  | "exit_code"
  | "signal"
  | "error"
  | "log_bytes"
  | "log_dropped"
>;

/** The attempt that a run ended with; none where it ended while it waited. */
function lastAttempt(row: LastColumns, earlier: number): readonly Attempt[] {
  if (row.outcome === null) return [];
  return [
    {
      number: earlier + 1,
      node: row.node ?? "",
      fence: row.fence ?? 0,
      outcome: row.outcome,
      startedAt: row.started_at ?? 0,
      endedAt: row.ended_at ?? 0,
      exitCode: row.exit_code,
      signal: row.signal,
      error: row.error === null ? null : parseError(row.error),
      logBytes: row.log_bytes ?? 0,
      logBytesDropped: row.log_dropped ?? 0,
    },
  ];
}

/** A row that somebody damaged by hand reads as one without attempts: it must not stop the others. */
function parseAttempts(text: string): readonly Attempt[] {
  return parseJson<readonly Attempt[]>(`[${text}]`, []);
}

function parseError(text: string): ErrorRecord {
  return parseJson<ErrorRecord>(text, { message: text, code: null, stack: null });
}

export function parseJson<T>(text: string, otherwise: T): T {
  try {
    return JSON.parse(text);
  } catch {
    return otherwise;
  }
}
