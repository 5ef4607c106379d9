import type { Clock } from "../clock.ts";
import { BelfryError, RefusedForGood } from "../core/errors.ts";
import { readMailbox } from "../core/mail-address.ts";
import { redact } from "../core/redact.ts";
import type { Mailer } from "../mailer.ts";

/** A server that takes mail. */
export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** `tls`: from the first byte; `starttls`: as soon as the server offers it. */
  readonly security: "tls" | "starttls";
  readonly user: string | null;
  readonly password: string | null;
}

export interface SmtpOptions {
  readonly clock: Clock;
  /** This host's name: what it greets with, and the domain of its users. */
  readonly hostname: string;
}

/**
 * Hands mail to a server. A password is sent over TLS only, whose certificate must be one that this
 * host trusts; a server on this very host needs neither.
 */
export function createSmtpMailer(server: SmtpServer, { clock, hostname }: SmtpOptions): Mailer {
  const place = `${server.host}:${server.port}`;
  const qualify = (address: string): string =>
    address.includes("@") ? address : `${address}@${hostname}`;
  const sender = server.user?.includes("@") ? server.user : `Belfry <belfry@${hostname}>`;
  const connection = connectionOf(server, hostname);
  return {
    async send(mail, signal) {
      // Half a second's work on a small machine, which no command that mails nothing shall do.
      const { createTransport } = await import("nodemailer");
      const { formatMessage } = await import("./message.ts");
      const raw = formatMessage(mail, { sender, carries: "7bit", qualify, now: clock.now() });
      const from = readMailbox(mail.from ?? sender)?.address ?? "";
      const envelope = { from: qualify(from), to: mail.to.map(qualify) };
      try {
        const sent = await createTransport(connection).sendMail({ envelope, raw, signal });
        return redact(`${place}: ${sent.response}${refusals(sent.rejectedErrors)}`, []);
      } catch (thrown) {
        throw failure(thrown, place, server, signal);
      }
    },
  };
}

function connectionOf(server: SmtpServer, hostname: string) {
  const { host, port, security, user, password } = server;
  const isHere = /^(localhost|127\.[\d.]+|::1)$/i.test(host);
  return {
    host,
    port,
    secure: security === "tls",
    name: hostname,
    requireTLS: user !== null && !isHere,
    // Nobody stands between this host and itself, and a mail server's own certificate is seldom
    // one that anybody has signed.
    tls: { rejectUnauthorized: !isHere },
    ...(user === null ? {} : { auth: { user, pass: password ?? "" } }),
  };
}

/** It was taken for some: trying again would send it to those twice. */
function refusals(errors: readonly Error[] | undefined): string {
  return (errors ?? []).map(({ message }) => `; ${message}`).join("");
}

function failure(
  thrown: unknown,
  place: string,
  { user, password }: SmtpServer,
  signal: AbortSignal,
): BelfryError {
  if (signal.aborted) {
    return new BelfryError("unavailable", "mail-refused", `${place} did not answer in time`);
  }
  const said = thrown instanceof Error ? thrown.message : String(thrown);
  const complaint: Complaint = { ...Object(thrown) };
  const plain = Buffer.from(`\0${user ?? ""}\0${password ?? ""}`).toString("base64");
  const secrets = [password, plain, Buffer.from(password ?? "").toString("base64")];
  const message = `${place}: ${redact(said, secrets)}`;
  return isForGood(complaint)
    ? new RefusedForGood("unavailable", "mail-refused", message)
    : new BelfryError("unavailable", "mail-refused", message, hintOf(complaint.code));
}

/** What the client adds to its errors. */
interface Complaint {
  readonly code?: unknown;
  readonly responseCode?: unknown;
  readonly command?: unknown;
}

/** 530 and its like ask for a login or for TLS: they are about the settings, not about the mail. */
const LOGIN_WANTED: readonly unknown[] = [530, 534, 535, 538];

/**
 * RFC 5321, 4.2.1: a mail that was answered 5yz is not to be sent again as it is. Of several
 * recipients the client quotes the answer that leaves hope, where one does.
 */
function isForGood({ code, responseCode, command }: Complaint): boolean {
  if (code !== "EENVELOPE" && code !== "EMESSAGE") return false;
  // Without an answer it is the client itself that refuses: an address, or the size.
  if (responseCode === undefined) return command === "API" || command === "MAIL FROM";
  return Number(responseCode) >= 500 && !LOGIN_WANTED.includes(responseCode);
}

function hintOf(code: unknown): string | null {
  if (code === "EAUTH") return "check the user and the password of smtp";
  if (code === "ETLS")
    return "the password is sent over TLS only, to a certificate that is trusted";
  return code === "EDNS" || code === "ECONNECTION" || code === "ESOCKET"
    ? "check the host and the port of smtp"
    : null;
}
