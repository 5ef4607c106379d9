import type { OutboxRow } from "../outbox.ts";
import { type Diagnosis, doubtful, wrong } from "./diagnosis.ts";
import { relativeWords } from "./terminal/time-words.ts";
import { counted } from "./words.ts";

/** A mail that was given up is told for so long, ms. */
const TOLD_MS = 7 * 86_400_000;
/** Tasks that are named. */
const NAMED_MAX = 5;

/** What waits for so long does not wait for its turn, ms. */
const LONG_MS = 600_000;

/**
 * Alerts that their channel does not take: they are kept and tried again, yet nobody hears. And
 * whatever has waited for long: mail that was not taken, and what nobody has even tried to send.
 * Heartbeats that were not heard have a diagnosis of their own.
 */
export function diagnoseWaiting(waiting: readonly OutboxRow[], now: number): Diagnosis[] {
  const tried = waiting.filter(({ error }) => error !== null);
  const long = waiting.filter(({ madeAt }) => madeAt <= now - LONG_MS);
  return [
    ...diagnoseUndelivered(tried, now),
    ...diagnoseMail(long, now),
    ...diagnoseUntried(long, tried, now),
  ];
}

function diagnoseUndelivered(tried: readonly OutboxRow[], now: number): Diagnosis[] {
  const alerts = tried.filter(({ kind }) => kind === "alert");
  return [...Map.groupBy(alerts, ({ channel }) => channel ?? "")].map(([channel, rows]) => {
    const what = `${counted(rows.length, "alert")} for ${channel} could not be sent since ${sinceWords(rows, now)}`;
    return wrong("channels", `${what}: ${rows[0]?.error ?? ""}.`, `belfry alerts test ${channel}`);
  });
}

function diagnoseMail(long: readonly OutboxRow[], now: number): Diagnosis[] {
  const mails = long.filter(({ kind, error }) => kind === "mail" && error !== null);
  const [newest] = mails;
  if (newest === undefined) return [];
  const what = `${counted(mails.length, "mail")} of what runs printed could not be sent since ${sinceWords(mails, now)}`;
  const remedy = "Mend the mail system, or `smtp` of the configuration: they are tried again.";
  return [wrong("mail", `${what}: ${newest.error}.`, remedy)];
}

/** No node has the means: its channel is gone, or the code of its task, or no node is alive at all. */
function diagnoseUntried(
  long: readonly OutboxRow[],
  tried: readonly OutboxRow[],
  now: number,
): Diagnosis[] {
  // Behind what a channel does not take the rest waits for its turn.
  const busy = new Set(tried.flatMap(({ channel }) => (channel === null ? [] : [channel])));
  const untried = long.filter(
    ({ channel, error, tries }) =>
      error === null && tries === 0 && (channel === null || !busy.has(channel)),
  );
  const byWay = Map.groupBy(untried, ({ kind, channel }) => `${kind} ${channel ?? ""}`);
  return [...byWay.values()].flatMap((rows) => {
    const [row] = rows;
    if (row === undefined) return [];
    const { check, what, remedy } = wayOf(row);
    const wait = rows.length === 1 ? "waits" : "wait";
    const message = `${counted(rows.length, what.one, what.many)} ${wait} since ${sinceWords(rows, now)}, and no node has tried to send any.`;
    return [wrong(check, message, remedy)];
  });
}

interface Way {
  readonly check: string;
  readonly what: { readonly one: string; readonly many: string };
  readonly remedy: string;
}

function wayOf({ kind, channel }: Pick<OutboxRow, "kind" | "channel">): Way {
  switch (kind) {
    case "alert": {
      const what = { one: `alert for ${channel}`, many: `alerts for ${channel}` };
      return {
        check: "channels",
        what,
        remedy: `belfry up, where the channel ${channel} is configured`,
      };
    }
    case "mail": {
      const what = { one: "mail of what a run printed", many: "mails of what runs printed" };
      const remedy = "belfry up, where the code of their tasks and a mail system are";
      return { check: "mail", what, remedy };
    }
    case "heartbeat": {
      const what = { one: "heartbeat", many: "heartbeats" };
      return { check: "heartbeats", what, remedy: "belfry up, where the code of their tasks is" };
    }
  }
}

/**
 * Mails of what runs printed that were given up lately, by task. What they would have said is in
 * the log, and no deed makes them undone, so they count as doubtful.
 *
 * @param dropped newest first.
 */
export function diagnoseDroppedMail(dropped: readonly OutboxRow[], now: number): Diagnosis[] {
  const lately = dropped.filter(({ endedAt }) => endedAt !== null && endedAt > now - TOLD_MS);
  const byTask = [...Map.groupBy(lately, ({ task }) => task ?? "")];
  const findings = byTask.slice(0, NAMED_MAX).map(([task, rows]) => {
    const [newest] = rows;
    const when = relativeWords(newest?.endedAt ?? now, now);
    const what = `${counted(rows.length, "mail")} of what ${task} printed went to nobody, the last one ${when}`;
    const message = `${what}: ${newest?.error ?? "it was given up"}.`;
    const remedy = `Mend its MAILTO, or the mail system. What was printed: belfry logs ${newest?.run ?? task}`;
    return doubtful("mail", message, remedy);
  });
  const more = byTask.length - findings.length;
  if (more <= 0) return findings;
  const rest = `Mails of ${counted(more, "more task")} went to nobody either.`;
  return [...findings, doubtful("mail", rest, "See the tasks' MAILTO, and the mail system.")];
}

function sinceWords(rows: readonly OutboxRow[], now: number): string {
  return relativeWords(Math.min(...rows.map(({ madeAt }) => madeAt)), now);
}
