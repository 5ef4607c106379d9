import type { OutboxRow } from "../outbox.ts";
import { type Diagnosis, doubtful, wrong } from "./diagnosis.ts";
import { relativeWords } from "./terminal/time-words.ts";
import { counted } from "./words.ts";

/** A mail that was given up is told for so long, ms. */
const TOLD_MS = 7 * 86_400_000;
/** Tasks that are named. */
const NAMED_MAX = 5;

/** Channels that do not take what waits for them: alerts are kept and tried again, yet nobody hears. */
export function diagnoseUndelivered(waiting: readonly OutboxRow[], now: number): Diagnosis[] {
  const refused = waiting.filter(({ kind, error }) => kind === "alert" && error !== null);
  return [...Map.groupBy(refused, ({ channel }) => channel ?? "")].map(([channel, rows]) => {
    const what = `${counted(rows.length, "alert")} for ${channel} could not be sent since ${sinceWords(rows, now)}`;
    return wrong("channels", `${what}: ${rows[0]?.error ?? ""}.`, `belfry alerts test ${channel}`);
  });
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
