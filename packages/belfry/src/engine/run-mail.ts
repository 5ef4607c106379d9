import type { Clock } from "../clock.ts";
import type { MailTo } from "../core/definition.ts";
import { BelfryError } from "../core/errors.ts";
import type { LogQuery, Logs } from "../log.ts";
import type { MailedOutput, Mailer } from "../mailer.ts";
import type { CarriedTask } from "./catalogue.ts";

export interface RunMailOptions {
  readonly logs: Pick<Logs, "read">;
  readonly mailer: Mailer;
  readonly clock: Clock;
}

/** A run that has ended, whose output is to be mailed. */
export interface PrintedRun {
  readonly run: string;
  readonly state: MailedOutput["state"];
  /** The attempt of which the log tells. */
  readonly attempt: number;
  readonly dueAt: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly mail: MailTo;
  /** What it printed, in bytes. */
  readonly logBytes: number;
}

const PAGE = 1_000;
/** Of more than this the log drops the middle. */
const KEPT_BYTES_MIN = 256 * 1024;
/** Output reaches the log a little later than its run's end the store: so often is looked for it. */
const LOOK_EVERY_MS = 100;
const LOOKS = 20;
/** A log that has it not after this never will: what there is is mailed, ms. */
const LATE_MS = 60_000;

/**
 * Mails what a run printed, from its log.
 *
 * @throws where the mail was not taken, or the log has not all of it yet: to be tried again later.
 */
export async function mailRun(
  { mail: compose }: CarriedTask,
  printed: PrintedRun,
  { logs, mailer, clock }: RunMailOptions,
  signal: AbortSignal,
): Promise<void> {
  if (compose === undefined) return;
  let text = await readOutput(logs, printed);
  for (let look = 1; !isWhole(text, printed) && look < LOOKS && !signal.aborted; look++) {
    await pause(clock);
    text = await readOutput(logs, printed);
  }
  if (!isWhole(text, printed) && clock.now() < printed.endedAt + LATE_MS) {
    const message = `the output of run ${printed.run} is not all in its log yet`;
    throw new BelfryError("unavailable", "log-behind", message);
  }
  const { run, state, mail: mailTo } = printed;
  const said = text === "" ? `(Its output is not in the log: belfry show ${run})\n` : text;
  const mail = compose({ run, state, text: said, mail: mailTo });
  if (mail !== null) await mailer.send(mail, signal);
}

async function readOutput(logs: Pick<Logs, "read">, printed: PrintedRun): Promise<string> {
  const query: LogQuery = {
    run: printed.run,
    fromAt: Math.min(printed.dueAt, printed.startedAt),
    untilAt: printed.endedAt,
    attempt: printed.attempt,
    after: null,
    limit: PAGE,
  };
  let text = "";
  for (let after: string | null = null; ; ) {
    const page = await logs.read({ ...query, after });
    for (const line of page.lines) text += `${line.text}\n`;
    if (page.lines.length < PAGE) return text;
    after = page.cursor;
  }
}

/** Lines are no shorter in the log than they came, whatever they held. */
function isWhole(text: string, { logBytes }: PrintedRun): boolean {
  return Buffer.byteLength(text) >= Math.min(logBytes, KEPT_BYTES_MIN);
}

function pause(clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    clock.schedule(clock.now() + LOOK_EVERY_MS, resolve);
  });
}
