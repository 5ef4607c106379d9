import type { HeartbeatTo, Watch } from "../../core/definition.ts";
import type { FinalState, TriggerKind } from "../../core/run.ts";
import type { AlertFacts, EndedRun, HeartbeatItem, MailItem } from "../../outbox.ts";
import type { Settlement } from "../../store.ts";
import { one, put, type Work } from "./work.ts";

// What goes into the outbox, within the transaction of its cause.

/** One alert of the step for each channel. */
export function* putAlerts(
  facts: AlertFacts,
  channels: readonly string[],
  now: number,
): Work<void> {
  const { step, incident } = facts;
  for (const channel of channels) {
    yield* put(
      `insert into outbox (id, kind, channel, task, run, incident, step, state, tries, ready_at,
         made_at, body)
       values (?, 'alert', ?, ?, ?, ?, ?, 'waiting', 0, ?, ?, ?) on conflict (id) do nothing`,
      `${incident.id}/${step}/${channel}`,
      channel,
      incident.kind === "task" ? incident.task : null,
      incident.kind === "task" ? (incident.run?.id ?? null) : null,
      incident.id,
      step,
      now,
      now,
      JSON.stringify(facts),
    );
  }
}

interface EndedColumns {
  task: string;
  due_at: number;
  trigger_kind: TriggerKind;
  trigger_by: string;
}

/** A run has ended whose definition says that somebody hears of it. */
export function* putEnded(
  settlement: Settlement,
  watch: Pick<Watch, "heartbeat" | "mail">,
  now: number,
): Work<void> {
  const { attempt, verdict, run } = settlement;
  if (verdict.move !== "finish") return;
  const row = yield* one<EndedColumns>(
    "select task, due_at, trigger_kind, trigger_by from history where id = ?",
    run,
  );
  if (row === undefined) return;
  const { number, node, startedAt, endedAt, exitCode, signal, logBytes } = attempt;
  const { state, reason } = verdict;
  const ended: EndedRun = {
    run,
    state,
    reason,
    trigger: { kind: row.trigger_kind, by: row.trigger_by },
    node,
    dueAt: row.due_at,
    attempt: number,
    startedAt,
    endedAt,
    exitCode,
    signal,
    logBytes,
  };
  const { heartbeat, mail } = watch;
  const item = { task: row.task, run, node };
  if (heartbeat !== null && isHeard(heartbeat, state)) {
    const standing = yield* supersede(row.task, now);
    yield* putEvent({ ...item, kind: "heartbeat", facts: ended }, standing, now);
  }
  if (mail !== null && logBytes > 0) {
    yield* putEvent({ ...item, kind: "mail", facts: { ...ended, mail } }, untried(now), now);
  }
}

/** What falls silent where a run fails is not to be told that one did. */
function isHeard({ kind }: HeartbeatTo, state: FinalState): boolean {
  return state === "succeeded" || (state === "failed" && kind !== "plain");
}

/** How a row stands that was tried before. */
interface Standing {
  readonly tries: number;
  readonly readyAt: number;
  readonly error: string | null;
}

function untried(now: number): Standing {
  return { tries: 0, readyAt: now, error: null };
}

/** A watcher that does not answer is tried no sooner for a new end, but for none later than this. */
export const HEARTBEAT_PATIENCE_MS = 60_000;

/** Only the newest end of a task says something: it takes the place of the one before. */
function* supersede(task: string, now: number): Work<Standing> {
  const before = yield* one<{
    state: string;
    tries: number;
    ready_at: number;
    error: string | null;
  }>(
    "delete from outbox where kind = 'heartbeat' and task = ? returning state, tries, ready_at, error",
    task,
  );
  if (before?.state !== "waiting" || before.error === null) return untried(now);
  const readyAt = Math.min(Math.max(before.ready_at, now), now + HEARTBEAT_PATIENCE_MS);
  return { tries: before.tries, readyAt, error: before.error };
}

type Ended =
  | Pick<HeartbeatItem, "kind" | "task" | "facts">
  | Pick<MailItem, "kind" | "task" | "facts">;

function* putEvent(
  item: Ended & { readonly run: string; readonly node: string },
  { tries, readyAt, error }: Standing,
  now: number,
): Work<void> {
  const { kind, task, run, node, facts } = item;
  yield* put(
    `insert into outbox (id, kind, task, run, node, state, tries, ready_at, made_at, error, body)
     values (?, ?, ?, ?, ?, 'waiting', ?, ?, ?, ?, ?) on conflict (id) do nothing`,
    `${run}/${kind}`,
    kind,
    task,
    run,
    node,
    tries,
    readyAt,
    now,
    error,
    JSON.stringify(facts),
  );
}
