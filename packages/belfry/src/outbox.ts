import type { MailTo } from "./core/definition.ts";
import type { DownIncident, Incident } from "./core/incident.ts";
import type { FinalState, Reason, Trigger } from "./core/run.ts";

// What waits in the store to go out, as plain values: written in the transaction of its cause, with
// the facts as they were then.

export type OutboxKind = "alert" | "heartbeat" | "mail";

/** One thing to send, the same in every try. */
export type OutboxItem = AlertItem | HeartbeatItem | MailItem;

interface Item {
  /** Whoever gets it twice can tell by this. */
  readonly id: string;
  /** Which try this is, from 1. */
  readonly tries: number;
  readonly madeAt: number;
}

/** Its id is `INCIDENT/STEP/CHANNEL`. */
export interface AlertItem extends Item {
  readonly kind: "alert";
  readonly channel: string;
  readonly facts: AlertFacts;
}

/** What is told of one step of an incident. */
export interface AlertFacts {
  readonly step: "opened" | "closed";
  /** The instant of the step. */
  readonly at: number;
  readonly incident: Incident;
  /** The zone of the task's days. */
  readonly timeZone: string;
  readonly description: string | null;
  readonly severity: string | null;
  readonly owner: string | null;
  readonly runbook: string | null;
}

/** Its id is `RUN/heartbeat`. */
export interface HeartbeatItem extends Item {
  readonly kind: "heartbeat";
  readonly task: string;
  readonly facts: EndedRun;
}

/** Its id is `RUN/mail`. */
export interface MailItem extends Item {
  readonly kind: "mail";
  readonly task: string;
  readonly facts: EndedRun & { readonly mail: MailTo };
}

/** A run as its last attempt left it. */
export interface EndedRun {
  readonly run: string;
  readonly state: FinalState;
  readonly reason: Reason | null;
  readonly trigger: Trigger;
  /** The node that performed its last attempt. */
  readonly node: string;
  readonly dueAt: number;
  /** Number of the last attempt, of which the log tells. */
  readonly attempt: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly logBytes: number;
}

/** A row of the outbox as lists show it. `dropped`: too old to say anything, or refused for good. */
export interface OutboxRow {
  readonly id: string;
  readonly kind: OutboxKind;
  readonly channel: string | null;
  readonly task: string | null;
  readonly run: string | null;
  readonly incident: string | null;
  readonly step: AlertFacts["step"] | null;
  readonly state: "waiting" | "sent" | "dropped";
  readonly tries: number;
  /** When it is tried next, while it waits. */
  readonly readyAt: number;
  readonly madeAt: number;
  /** When it was sent or dropped. */
  readonly endedAt: number | null;
  /** What the last try ran into. */
  readonly error: string | null;
}

export interface OutboxFilter {
  readonly incidents?: readonly string[] | undefined;
  readonly kind?: OutboxKind | undefined;
  readonly state?: OutboxRow["state"] | undefined;
  readonly limit: number;
}

export interface IncidentFilter {
  readonly task?: string | undefined;
  /** Only those that are not closed. */
  readonly open?: true | undefined;
  readonly limit: number;
}

/** What of the outbox a node can send, and for how much of each it has room. */
export interface OutboxQuery {
  /** Heartbeats and mails only of tasks that it carries. */
  readonly node: string;
  readonly lanes: readonly OutboxLane[];
  /** Tasks of which it is telling an earlier end just now: their heartbeats wait for that. */
  readonly telling: readonly string[];
  /**
   * A heartbeat of what another node ended is left to that node, which knows whether its start is
   * still on its way, unless it was made before this instant.
   */
  readonly othersBefore: number;
}

export interface OutboxLane {
  readonly kind: OutboxKind;
  /** Of alerts, the channel; else null. */
  readonly channel: string | null;
  readonly limit: number;
}

export interface OutboxTaken {
  readonly items: readonly OutboxItem[];
  /** Downtimes of which all is known now; their alerts are among what is ready. */
  readonly told: readonly DownIncident[];
}

/** What became of one try. */
export type OutboxResult = Tried &
  (
    | { readonly result: "sent" }
    | { readonly result: "again"; readonly readyAt: number; readonly error: string }
    | { readonly result: "dropped"; readonly error: string }
  );

interface Tried {
  readonly id: string;
  readonly tries: number;
  /** Of a heartbeat its task, a newer one of which may have taken its place meanwhile; else null. */
  readonly task: string | null;
}
