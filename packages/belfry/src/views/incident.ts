import { countOf, type Incident } from "../core/incident.ts";
import type { Reason } from "../core/run.ts";
import type { OutboxRow } from "../outbox.ts";
import { iso } from "./instant.ts";

export interface IncidentView {
  readonly id: string;
  /** `task`: its runs fail or come too late. `down`: nothing was alive. */
  readonly kind: Incident["kind"];
  readonly task: string | null;
  readonly state: "open" | "closed";
  readonly openedAt: string;
  /** Its last cause. */
  readonly lastAt: string;
  readonly closedAt: string | null;
  readonly closedBy: "success" | "removal" | "message" | null;
  /** Failed runs and missed occurrences. */
  readonly count: number;
  readonly failed: number;
  readonly missed: number;
  /** Of a downtime, what ran all the same, late. */
  readonly caughtUp: number;
  /** Of a downtime, its ends. */
  readonly from: string | null;
  readonly until: string | null;
  /** The run that failed last. */
  readonly run: string | null;
  readonly reason: Reason | null;
  readonly error: string | null;
  readonly alerts: readonly AlertView[];
}

export interface AlertView {
  readonly id: string;
  readonly step: OutboxRow["step"];
  readonly channel: string | null;
  readonly state: OutboxRow["state"];
  readonly tries: number;
  readonly sentAt: string | null;
  /** When it is tried next, while it waits. */
  readonly nextTryAt: string | null;
  /** What the last try ran into. */
  readonly error: string | null;
}

/** An incident as the faces print it, with what was told of it, oldest first. */
export function incidentView(incident: Incident, alerts: readonly OutboxRow[]): IncidentView {
  const isDown = incident.kind === "down";
  const run = isDown ? null : incident.run;
  const { id, kind, openedAt, lastAt, closedAt, missed } = incident;
  return {
    id,
    kind,
    task: isDown ? null : incident.task,
    state: closedAt === null ? "open" : "closed",
    openedAt: iso(openedAt),
    lastAt: iso(lastAt),
    closedAt: iso(closedAt),
    closedBy: closedAt === null ? null : isDown ? "message" : incident.closedBy,
    count: countOf(incident),
    failed: isDown ? 0 : incident.failed,
    missed,
    caughtUp: isDown ? incident.caughtUp : 0,
    from: isDown ? iso(incident.fromAt) : null,
    until: isDown ? iso(incident.untilAt) : null,
    run: run?.id ?? null,
    reason: run?.reason ?? null,
    error: run?.error ?? null,
    alerts: alerts.filter((alert) => alert.incident === id).map(alertView),
  };
}

function alertView(row: OutboxRow): AlertView {
  const { id, step, channel, state, tries, error } = row;
  const sentAt = iso(state === "sent" ? row.endedAt : null);
  const nextTryAt = iso(state === "waiting" ? row.readyAt : null);
  return { id, step, channel, state, tries, sentAt, nextTryAt, error };
}
