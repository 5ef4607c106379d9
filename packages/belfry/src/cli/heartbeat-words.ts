import type { HeartbeatTo } from "../core/definition.ts";

/** Who hears a heartbeat, without its URL: `healthchecks at hc-ping.com`. */
export function heartbeatWords({ kind, host }: HeartbeatTo): string {
  const who = kind === null || kind === "plain" ? "" : `${kind} `;
  return host === null ? `${who}at a URL that is a secret` : `${who}at ${host}`;
}
