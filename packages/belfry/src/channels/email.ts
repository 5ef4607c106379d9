import type { Alert, Channel } from "../channel.ts";
import type { Mail, Mailer } from "../mailer.ts";

export interface EmailSettings {
  readonly kind: "email";
  /** Addresses. */
  readonly to: readonly string[];
  /** An address, or `Name <address>`; null: the mailer's own. */
  readonly from: string | null;
}

/** Mails alerts: one conversation for each incident. */
export function createEmailChannel(settings: EmailSettings, mailer: Mailer): Channel {
  return { send: (alert, signal) => mailer.send(mailOf(alert, settings), signal) };
}

function mailOf(alert: Alert, { to, from }: EmailSettings): Mail {
  const { id, step, channel, incident } = alert;
  const domain = (to[0] ?? "").split("@")[1] ?? "localhost";
  const first = messageId(`${incident.id}/opened/${channel}`, domain);
  const follows: Mail["headers"] =
    step === "closed"
      ? [
          ["In-Reply-To", `<${first}>`],
          ["References", `<${first}>`],
        ]
      : [];
  return {
    from,
    to,
    subject: alert.subject,
    text: alert.text,
    messageId: messageId(id, domain),
    // RFC 3834: so that no holiday notice answers it.
    headers: [["Auto-Submitted", "auto-generated"], ...follows],
    contentType: null,
  };
}

/** The same for the same alert on whichever node; of what an id may hold, only what a mail's may. */
function messageId(alert: string, domain: string): string {
  return `${alert.replaceAll("/", ".").replace(/[^A-Za-z0-9._-]/g, "_")}@${domain}`;
}
