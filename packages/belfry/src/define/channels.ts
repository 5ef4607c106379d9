import type { CommandSettings } from "../channels/command.ts";
import type { EmailSettings } from "../channels/email.ts";
import type { WebhookSettings } from "../channels/webhook.ts";
import { BelfryError } from "../core/errors.ts";
import { readWebhookUrl, type WrittenChannel, type WrittenWebhook } from "./channel-schema.ts";
import { type Environment, resolveSecret } from "./secret.ts";

/** A channel as this node can use it, its secrets resolved. */
export type ChannelSettings = WebhookSettings | EmailSettings | CommandSettings;

/**
 * What a channel's declaration comes to on this node.
 *
 * @param folder the project's, in which a command runs.
 * @throws BelfryError `missing-secret`, `unreadable-secret`, or `bad-channel` where a secret is not
 * what it should be; the message never shows it.
 */
export function resolveChannel(
  written: WrittenChannel,
  environment: Environment,
  folder: string,
): ChannelSettings {
  if ("webhook" in written) return resolveWebhook(written.webhook, environment);
  if ("command" in written) return { kind: "command", argv: written.command, cwd: folder };
  const { to, from = null } = written.email;
  return { kind: "email", to, from };
}

function resolveWebhook(written: WrittenWebhook, environment: Environment): WebhookSettings {
  const text =
    typeof written.url === "string" ? written.url : resolveSecret(written.url, environment);
  const url = readWebhookUrl(text.trim());
  if (url === null) {
    const what = "its secret is no http or https URL";
    throw new BelfryError("usage", "bad-channel", what, "it must begin with https:// or http://");
  }
  const secret = written.secret === undefined ? null : resolveSecret(written.secret, environment);
  if (secret === "") {
    throw new BelfryError("usage", "bad-channel", "the secret that signs its bodies is empty");
  }
  return { kind: "webhook", url, secret };
}
