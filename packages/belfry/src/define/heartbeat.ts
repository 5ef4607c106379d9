import { BelfryError } from "../core/errors.ts";
import { heartbeatKindOf } from "../core/heartbeat-kind.ts";
import type { HeartbeatTarget } from "../heartbeat.ts";
import type { WrittenHeartbeat } from "./heartbeat-schema.ts";
import { httpUrl } from "./http-url.ts";
import { resolveSecret } from "./secret.ts";

/** What somebody wrote as the node uses it: the URL is in no member, so that nothing prints it. */
export function heartbeatTarget({ url: written, kind }: WrittenHeartbeat): HeartbeatTarget {
  if (typeof written !== "string") {
    return {
      kind,
      host: null,
      resolve: (environment) => {
        const url = urlOf(resolveSecret(written, environment), `secret ${written.secret}`);
        return { kind: kind ?? heartbeatKindOf(url), url };
      },
    };
  }
  const url = urlOf(written, "the heartbeat's URL");
  const known = kind ?? heartbeatKindOf(url);
  return { kind: known, host: url.host, resolve: () => ({ kind: known, url }) };
}

function urlOf(text: string, name: string): URL {
  const read = httpUrl(text.trim());
  if (read.objection === null) return read.url;
  const hint = "It must be a whole URL, such as https://hc-ping.com/UUID.";
  throw new BelfryError("usage", "bad-heartbeat", `${name} ${read.objection}`, hint);
}
