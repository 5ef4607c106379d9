import { BelfryError } from "../core/errors.ts";
import { heartbeatKindOf } from "../core/heartbeat-kind.ts";
import type { HeartbeatTarget } from "../heartbeat.ts";
import type { Config } from "./config.ts";
import type { WrittenHeartbeat } from "./heartbeat-schema.ts";
import { httpUrl } from "./http-url.ts";
import type { LoadedTask } from "./load.ts";
import { locate, type Problem, warning } from "./problem.ts";
import { type Environment, resolveSecret } from "./secret.ts";

/** What somebody wrote as the node uses it: the URL is in no member, so that nothing prints it. */
export function heartbeatTarget({ url: written, kind }: WrittenHeartbeat): HeartbeatTarget {
  if (typeof written !== "string") {
    return {
      kind,
      host: null,
      secret: written.secret,
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

/** Heartbeats that cannot be sent from here, as their secrets are not set: they refuse nothing. */
export function heartbeatProblems(
  tasks: readonly LoadedTask[],
  config: Config,
  environment: Environment,
): readonly Problem[] {
  const node = {
    path: ["node", "heartbeat"],
    file: config.file,
    line: null,
    heartbeat: config.node.heartbeat,
  };
  const places = tasks.map(({ definition, file, line, heartbeat }) => {
    return { path: [definition.task, "heartbeat"], file, line, heartbeat };
  });
  return [node, ...places].flatMap(({ path, file, line, heartbeat }) => {
    try {
      heartbeat?.resolve(environment);
      return [];
    } catch (thrown) {
      if (!(thrown instanceof BelfryError)) throw thrown;
      const fault = warning(path, `cannot be sent: ${thrown.message}`, thrown.hint);
      return [locate(fault, () => ({ file, line }))];
    }
  });
}

function urlOf(text: string, name: string): URL {
  const read = httpUrl(text.trim());
  if (read.objection === null) return read.url;
  const hint = "It must be a whole URL, such as https://hc-ping.com/UUID.";
  throw new BelfryError("usage", "bad-heartbeat", `${name} ${read.objection}`, hint);
}
