import type { Clock } from "../clock.ts";
import { BelfryError } from "../core/errors.ts";
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
  const code = thrown instanceof Error && "code" in thrown ? thrown.code : null;
  const plain = Buffer.from(`\0${user ?? ""}\0${password ?? ""}`).toString("base64");
  const secrets = [password, plain, Buffer.from(password ?? "").toString("base64")];
  return new BelfryError(
    "unavailable",
    "mail-refused",
    `${place}: ${redact(said, secrets)}`,
    hintOf(code),
  );
}

function hintOf(code: unknown): string | null {
  if (code === "EAUTH") return "check the user and the password of smtp";
  if (code === "ETLS")
    return "the password is sent over TLS only, to a certificate that is trusted";
  return code === "EDNS" || code === "ECONNECTION" || code === "ESOCKET"
    ? "check the host and the port of smtp"
    : null;
}
