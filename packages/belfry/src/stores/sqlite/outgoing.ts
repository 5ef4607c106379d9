import type { Watch } from "../../core/definition.ts";
import type { TriggerKind } from "../../core/run.ts";
import type { AlertFacts, EndedRun, HeartbeatItem, MailItem } from "../../outbox.ts";
import type { Settlement } from "../../store.ts";
import type { Database } from "./database.ts";

// What goes into the outbox, within the transaction of its cause.

/** One alert of the step for each channel. */
export function putAlerts(
  db: Database,
  facts: AlertFacts,
  channels: readonly string[],
  now: number,
): void {
  const { step, incident } = facts;
  for (const channel of channels) {
    db.run(
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
export function putEnded(
  db: Database,
  settlement: Settlement,
  watch: Pick<Watch, "heartbeat" | "mail">,
  now: number,
): void {
  const { attempt, verdict, run } = settlement;
  if (verdict.move !== "finish") return;
  const row = db.get<EndedColumns>(
    "select task, due_at, trigger_kind, trigger_by from history where id = ?",
    run,
  );
  if (row === undefined) return;
  const { number, startedAt, endedAt, exitCode, signal, logBytes } = attempt;
  const { state, reason } = verdict;
  const ended: EndedRun = {
    run,
    state,
    reason,
    trigger: { kind: row.trigger_kind, by: row.trigger_by },
    dueAt: row.due_at,
    attempt: number,
    startedAt,
    endedAt,
    exitCode,
    signal,
    logBytes,
  };
  const { heartbeat, mail } = watch;
  if (heartbeat !== null && state !== "cancelled") {
    // Only the newest says something.
    db.run("delete from outbox where kind = 'heartbeat' and task = ?", row.task);
    put(db, "heartbeat", row.task, run, { ...ended, kind: heartbeat }, now);
  }
  if (mail !== null && logBytes > 0) put(db, "mail", row.task, run, { ...ended, mail }, now);
}

function put(
  db: Database,
  kind: "heartbeat" | "mail",
  task: string,
  run: string,
  facts: HeartbeatItem["facts"] | MailItem["facts"],
  now: number,
): void {
  db.run(
    `insert into outbox (id, kind, task, run, state, tries, ready_at, made_at, body)
     values (?, ?, ?, ?, 'waiting', 0, ?, ?, ?) on conflict (id) do nothing`,
    `${run}/${kind}`,
    kind,
    task,
    run,
    now,
    now,
    JSON.stringify(facts),
  );
}
