import type { HeartbeatTarget } from "../heartbeat.ts";
import type { OutboxRow } from "../outbox.ts";
import type { NodeRow } from "../records.ts";
import { nodeState } from "../views/node.ts";
import { type Diagnosis, doubtful, ok, wrong } from "./diagnosis.ts";
import { heartbeatWords } from "./heartbeat-words.ts";
import { relativeWords } from "./terminal/time-words.ts";
import { counted } from "./words.ts";

const CHECK = "watched by";

/** Whether somebody outside would notice that nothing runs any more, and how it was told last. */
export function diagnoseWatch(
  heartbeat: HeartbeatTarget | null,
  nodes: readonly NodeRow[],
  now: number,
): Diagnosis[] {
  if (heartbeat === null) {
    const message =
      "Nobody outside watches this node: if it dies, nothing runs and nobody is told.";
    const remedy =
      "Have a service wait for its pings, and give its URL as node.heartbeat in the configuration.";
    return [doubtful(CHECK, message, remedy)];
  }
  const who = heartbeatWords(heartbeat);
  const alive = nodes.filter((node) => nodeState(node, now) === "alive");
  const findings = alive.flatMap((node) => diagnoseNode(node, now));
  if (findings.length > 0) return findings;
  const heard = alive.flatMap(({ heartbeat: last }) => last?.heardAt ?? []);
  const when = heard.length > 0 ? `, which heard ${relativeWords(Math.max(...heard), now)}` : "";
  return [ok(CHECK, `The service ${who}${when}.`)];
}

function diagnoseNode({ id, heartbeat }: NodeRow, now: number): Diagnosis[] {
  if (heartbeat === null) {
    const message = `Node ${id} has given no sign of life.`;
    const remedy = "It was started before node.heartbeat was set, or just now: start it anew.";
    return [doubtful(CHECK, message, remedy)];
  }
  const { heardAt, failedAt, error } = heartbeat;
  if (failedAt === null) return [];
  const last =
    heardAt === null ? "It was never heard" : `It was heard ${relativeWords(heardAt, now)}`;
  const message = `The last sign of life of node ${id} failed ${relativeWords(failedAt, now)}: ${error}. ${last}.`;
  return [
    wrong(
      CHECK,
      message,
      "See node.heartbeat in the configuration, and whether this host reaches it.",
    ),
  ];
}

/** Tasks named of those whose watchers do not hear. */
const NAMED_MAX = 5;

/** Heartbeats of tasks that did not reach their watchers, who will think that the tasks are dead. */
export function diagnoseHeartbeats(rows: readonly OutboxRow[], now: number): Diagnosis[] {
  const unheard = rows.filter(({ state, error }) => state !== "sent" && error !== null);
  const findings = unheard.slice(0, NAMED_MAX).map(({ task, state, madeAt, tries, error }) => {
    const what = state === "waiting" ? `waits, tried ${counted(tries, "time")}` : "was given up";
    const when = relativeWords(madeAt, now);
    const message = `The heartbeat of ${task} for its end ${when} ${what}: ${error}.`;
    return wrong(
      "heartbeats",
      message,
      "See the task's heartbeat, and whether this host reaches it.",
    );
  });
  const more = unheard.length - findings.length;
  if (more <= 0) return findings;
  const rest = `${counted(more, "more task is", "more tasks are")} not heard either.`;
  return [...findings, wrong("heartbeats", rest, null)];
}
