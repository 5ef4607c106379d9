import type { MailTo } from "./core/definition.ts";

/** Hands mail to somebody who delivers it: an SMTP server, or the host's sendmail. */
export interface Mailer {
  /**
   * Resolves when it was accepted for at least one of its recipients, with what was said to it, in
   * one line.
   * @throws where it was not: it is tried again later, unless it was `RefusedForGood`. The message
   * holds no secret.
   */
  send(mail: Mail, signal: AbortSignal): Promise<string>;
}

export interface Mail {
  /** An address, or `Name <address>`; null: the mailer's own sender. */
  readonly from: string | null;
  /** Addresses; those without a domain are users of this host. */
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  /** Without its angle brackets. The same in every try, so that a mailbox can drop a second one. */
  readonly messageId: string;
  /**
   * Beside the usual ones. Where a `Content-Transfer-Encoding` is among them, the text is encoded
   * in it already.
   */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Whole `Content-Type` where it is not `text/plain; charset=utf-8`. */
  readonly contentType: string | null;
}

/** What a run printed, to be mailed. */
export interface MailedOutput {
  readonly run: string;
  readonly state: "succeeded" | "failed" | "cancelled";
  readonly text: string;
  /** As the run's definition had it. */
  readonly mail: MailTo;
}

/** Makes a mail of what a run printed, with what only its node knows; null: it is not mailed. */
export type ComposeMail = (output: MailedOutput) => Mail | null;
