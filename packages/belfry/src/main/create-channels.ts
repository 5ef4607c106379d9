import type { Channel } from "../channel.ts";
import { createCommandChannel } from "../channels/command.ts";
import { createEmailChannel } from "../channels/email.ts";
import { createWebhookChannel } from "../channels/webhook.ts";
import type { Clock } from "../clock.ts";
import { BelfryError } from "../core/errors.ts";
import { type ChannelSettings, resolveChannel } from "../define/channels.ts";
import type { Config } from "../define/config.ts";
import { error, type Fault, locate, type Problem, warning } from "../define/problem.ts";
import type { Environment } from "../define/secret.ts";
import { resolveSmtp } from "../define/smtp.ts";
import type { Mailer } from "../mailer.ts";
import { createSendmailMailer } from "../mailers/sendmail.ts";
import { createSmtpMailer } from "../mailers/smtp.ts";
import { VERSION } from "../version.ts";

/** What a host brings to the sending of alerts and mail. */
export interface SendingHost {
  readonly clock: Clock;
  readonly environment: Environment;
  readonly hostname: string;
  /** The user that this process is. */
  readonly user: string;
  /** The path of its sendmail; null: it has none. */
  readonly sendmail: string | null;
}

export interface Channels {
  /** Those that this node can use, by name. */
  readonly channels: ReadonlyMap<string, Channel>;
  /** What keeps others from being used here. */
  readonly problems: readonly Problem[];
}

type Configured = Pick<Config, "channels" | "smtp" | "folder" | "tasks">;

/**
 * The channels of a configuration, as this node can use them. One that it cannot, since a secret is
 * missing here, is a problem that names it; the others are not concerned.
 */
export function createChannels(config: Configured, host: SendingHost): Channels {
  const channels = new Map<string, Channel>();
  const problems: Problem[] = [];
  for (const [name, written] of config.channels) {
    try {
      const settings = resolveChannel(written, host.environment, config.folder);
      channels.set(name, createChannel(settings, config, host));
    } catch (thrown) {
      if (!(thrown instanceof BelfryError)) throw thrown;
      const path = ["channels", name];
      problems.push(locate(error(path, thrown.message, thrown.hint), config.tasks.locate));
    }
  }
  return { channels, problems };
}

function createChannel(settings: ChannelSettings, config: Configured, host: SendingHost): Channel {
  switch (settings.kind) {
    case "webhook":
      return createWebhookChannel(settings, { clock: host.clock, version: VERSION });
    case "command":
      return createCommandChannel(settings, host);
    case "email":
      return createEmailChannel(settings, mailerFor("alerts", config, host));
  }
}

/**
 * How mail leaves this host. Alerts go to the configured server, which somebody chose for them; what
 * cron would mail goes where cron would hand it, to the host's sendmail, which knows its users.
 *
 * @throws BelfryError `no-mailer` where there is no way, or as the server's secrets are missing.
 */
export function mailerFor(
  what: "alerts" | "crontabs",
  { smtp }: Pick<Configured, "smtp">,
  host: SendingHost,
): Mailer {
  const { sendmail: path } = host;
  if (path !== null && (what === "crontabs" || smtp === null)) {
    return createSendmailMailer({ ...host, path });
  }
  if (smtp !== null) return createSmtpMailer(resolveServer(smtp, host), host);
  const hint = "set smtp in the configuration, or install a program that is /usr/sbin/sendmail";
  const message = "there is no way to send mail: no smtp is configured, this host has no sendmail";
  throw new BelfryError("usage", "no-mailer", message, hint);
}

/** How crontabs' output is mailed from this host, or why it cannot be. */
export type CrontabMail =
  | { readonly mailer: Mailer; readonly unmailable: null }
  | { readonly mailer: null; readonly unmailable: Fault };

export function crontabMail(config: Pick<Configured, "smtp">, host: SendingHost): CrontabMail {
  try {
    return { mailer: mailerFor("crontabs", config, host), unmailable: null };
  } catch (thrown) {
    if (!(thrown instanceof BelfryError)) throw thrown;
    const what = `MAILTO is set, but ${thrown.message}`;
    return { mailer: null, unmailable: warning([], what, thrown.hint) };
  }
}

function resolveServer(
  smtp: NonNullable<Configured["smtp"]>,
  { environment }: SendingHost,
): ReturnType<typeof resolveSmtp> {
  try {
    return resolveSmtp(smtp, environment);
  } catch (thrown) {
    if (!(thrown instanceof BelfryError)) throw thrown;
    throw new BelfryError("usage", thrown.code, `smtp: ${thrown.message}`, thrown.hint);
  }
}
