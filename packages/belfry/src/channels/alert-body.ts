import type { Alert } from "../channel.ts";

/**
 * An alert as JSON, one form for all that read it: the body of a webhook, the input of a command.
 * Documented in docs/alerts.md; keys may be added, none is removed or changes its meaning.
 */
export function alertBody(alert: Alert): string {
  const { incident, ...rest } = alert;
  return JSON.stringify({
    ...rest,
    at: instant(alert.at),
    incident: {
      ...incident,
      openedAt: instant(incident.openedAt),
      closedAt: incident.closedAt === null ? null : instant(incident.closedAt),
    },
  });
}

function instant(at: number): string {
  return new Date(at).toISOString();
}
