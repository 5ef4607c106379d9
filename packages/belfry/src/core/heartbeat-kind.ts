import type { HeartbeatKind } from "./definition.ts";

export const HEARTBEAT_KINDS: readonly HeartbeatKind[] = [
  "healthchecks",
  "cronitor",
  "better-stack",
  "plain",
];

const UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
/** On anybody's host: a check by its UUID, or by a project's ping key and a slug. */
const HEALTHCHECKS = new RegExp(`/ping/(?:${UUID}|[\\w-]{22}/[a-z0-9_-]+)/?$`, "i");
const CRONITOR = /^\/(?:p|ping)\/[^/]+\/[^/]+\/?$/;
const BETTER_STACK = /^\/api\/v1\/heartbeat\/[^/]+\/?$/;

/** The service that a URL belongs to, where host and path leave no doubt; else `plain`. */
export function heartbeatKindOf({ hostname, pathname }: URL): HeartbeatKind {
  switch (hostname) {
    case "hc-ping.com":
      return "healthchecks";
    case "cronitor.link":
    case "eu.cronitor.link":
      return "cronitor";
    case "cronitor.io":
      return CRONITOR.test(pathname) ? "cronitor" : "plain";
    case "uptime.betterstack.com":
    case "betteruptime.com":
    case "uptime.betteruptime.com":
      return BETTER_STACK.test(pathname) ? "better-stack" : "plain";
    default:
      return HEALTHCHECKS.test(pathname) ? "healthchecks" : "plain";
  }
}
