import type { Definition, SourcePlace } from "../core/definition.ts";

/** What is asked of every task, in this order. */
export const TICKS = ["schedule", "idempotent", "single", "heartbeat", "alert", "logs"] as const;
export type TickName = (typeof TICKS)[number];

export interface Tick {
  readonly name: TickName;
  /** `not-needed`: the question does not arise, such as lateness of what has no schedule. */
  readonly state: "ok" | "missing" | "not-needed";
  readonly words: string;
  /** Where it is missing: what to write, in the language of the task's own file. */
  readonly remedy: string | null;
}

export interface Card extends SourcePlace {
  readonly task: string;
  /** The code base or the crontab that it comes from. */
  readonly source: string;
  readonly ok: boolean;
  /** In the order of `TICKS`. */
  readonly ticks: readonly Tick[];
}

/** A task as it was loaded, by what can be told of it without running it. */
export interface CheckedTask extends SourcePlace {
  readonly definition: Definition;
  readonly source: string;
  /**
   * In which language it was written. A crontab has no words for most of it; a `host-crontab` is
   * one that cron itself reads, so it is in nobody's code.
   */
  readonly written: "typescript" | "yaml" | "crontab" | "host-crontab";
  /** The line that its shell reads, or null. */
  readonly shell: string | null;
}

/** What holds for all tasks of a configuration. */
export interface Setting {
  readonly logsMs: number;
  /** Names of the channels that there are. */
  readonly channels: readonly string[];
  /** In which the configuration is written. */
  readonly language: "typescript" | "yaml";
}

/** What a task has and lacks. It tells what was declared, and guesses nothing. */
export function scorecard(task: CheckedTask, setting: Setting): Card {
  const ticks = [
    scheduleTick(task),
    idempotentTick(task),
    singleTick(task),
    heartbeatTick(task),
    alertTick(task, setting),
    logsTick(task, setting),
  ];
  const ok = ticks.every(({ state }) => state !== "missing");
  const { definition, source, file, line } = task;
  return { task: definition.task, source, file, line, ok, ticks };
}

function isCrontab(written: CheckedTask["written"]): boolean {
  return written === "crontab" || written === "host-crontab";
}

function good(name: TickName, words: string): Tick {
  return { name, state: "ok", words, remedy: null };
}

function needless(name: TickName, words: string): Tick {
  return { name, state: "not-needed", words, remedy: null };
}

function missing(name: TickName, words: string, remedy: string): Tick {
  return { name, state: "missing", words, remedy };
}

function scheduleTick({ definition, written, shell }: CheckedTask): Tick {
  const { schedules, task } = definition;
  if (schedules.length === 0) {
    const how = isCrontab(written) ? "once a boot" : "by hand, by API or from code";
    return needless("schedule", `has none: it runs ${how}`);
  }
  if (written !== "host-crontab") return good("schedule", "in code");
  const expression = schedules[0]?.parts[0]?.expression ?? "";
  const remedy = `${task}: { schedule: ${JSON.stringify(expression)}, shell: ${JSON.stringify(shell ?? "")} }`;
  return missing("schedule", "stands in a table of this host, not in code", remedy);
}

function idempotentTick({ definition, written }: CheckedTask): Tick {
  const { idempotent, policies } = definition;
  if (policies.delivery === "at-most-once") return good("idempotent", "runs at most once");
  if (idempotent !== null) {
    return good("idempotent", idempotent === true ? "it says so" : `it says: ${idempotent}`);
  }
  const words = "may run again after a crash, and does not say that this does no harm";
  const why = 'idempotent: "why it does no harm"';
  const once = written === "yaml" ? "delivery: at-most-once" : 'delivery: "at-most-once"';
  return missing("idempotent", words, `${why}, or ${once}`);
}

function singleTick({ definition, written, shell }: CheckedTask): Tick {
  const { limit, by } = definition.policies.concurrency;
  const each = by === null ? "" : ` for each ${by}`;
  if (limit === 1) return good("single", `one run at a time${each}`);
  if (!isCrontab(written)) {
    const many = limit === null ? "any number" : `${limit}`;
    return good("single", `${many} at once${each}, as it says`);
  }
  if (/^\s*(?:\S*\/)?flock\s/.test(shell ?? "")) return good("single", "flock lets one through");
  const lock = `flock -n /run/lock/${definition.task.replaceAll(/[^\w.-]/g, "-")}`;
  const words = "starts beside a run that is still under way";
  return missing("single", words, `${lock} before its command`);
}

function heartbeatTick({ definition, written }: CheckedTask): Tick {
  const { heartbeat } = definition.watch;
  if (heartbeat !== null) return good("heartbeat", "a service outside waits for its pings");
  if (definition.schedules.length === 0) {
    return needless("heartbeat", "has no schedule by which it could be late");
  }
  const words = "nobody outside notices when it does not run";
  const variable = `${definition.task.toUpperCase().replaceAll(/[^A-Z0-9]+/g, "_")}_HEARTBEAT_URL`;
  const yaml = `heartbeat: { secret: ${variable} }`;
  if (isCrontab(written)) return missing("heartbeat", words, `${yaml}, as a task in YAML`);
  return missing(
    "heartbeat",
    words,
    written === "yaml" ? yaml : `heartbeat: secret("${variable}")`,
  );
}

function alertTick({ definition, written }: CheckedTask, { channels, language }: Setting): Tick {
  const { alerts, mail } = definition.watch;
  if (alerts.length > 0) return good("alert", `tells ${alerts.join(", ")}`);
  const untold =
    mail === null
      ? "nobody is told when it fails"
      : `its output is mailed to ${mail.to.join(", ")}, but a failure that says nothing is not`;
  const words = channels.length === 0 ? `${untold}; ${noChannel(language)}` : untold;
  const [channel = "ops"] = channels;
  const alert = written === "typescript" ? `alerts: ["${channel}"]` : `alerts: [${channel}]`;
  const place = isCrontab(written) ? " in the configuration, for all tasks" : "";
  return missing("alert", words, `${alert}${place}`);
}

function noChannel(language: Setting["language"]): string {
  const url = language === "yaml" ? "{ secret: OPS_URL }" : 'secret("OPS_URL")';
  return `the configuration has no channel yet: channels: { ops: { webhook: ${url} } }`;
}

const DAY_MS = 86_400_000;

function logsTick({ shell }: CheckedTask, { logsMs }: Setting): Tick {
  if (/(?<![2-9>])>{1,2}\s*\/dev\/null(?:\s+2>&1)?\s*$/.test(shell ?? "")) {
    return missing("logs", "throws away what it says", "its line without > /dev/null at the end");
  }
  if (logsMs < DAY_MS) {
    return missing("logs", "are kept for less than a day", 'retention: { logs: "14d" }');
  }
  return good("logs", `kept for ${Math.floor(logsMs / DAY_MS)} days`);
}

/** How often each thing is missing, in the order of `TICKS`; what is missing nowhere is left out. */
export function missingCounts(cards: readonly Card[]): Partial<Record<TickName, number>> {
  const counts: Partial<Record<TickName, number>> = {};
  for (const name of TICKS) {
    const lacking = cards.filter(({ ticks }) =>
      ticks.some((tick) => tick.name === name && tick.state === "missing"),
    );
    if (lacking.length > 0) counts[name] = lacking.length;
  }
  return counts;
}
