import { accessSync, constants } from "node:fs";
import type { Clock } from "../clock.ts";
import { BelfryError, RefusedForGood } from "../core/errors.ts";
import { type Environment, inheritedEnvironment } from "../core/inherited-environment.ts";
import { isMailAddress, readMailbox } from "../core/mail-address.ts";
import { redact } from "../core/redact.ts";
import type { Mail, Mailer } from "../mailer.ts";
import { runProgram } from "../programs/run-program.ts";

/** Where hosts have it: cron's place, and the older one. */
const PATHS = ["/usr/sbin/sendmail", "/usr/lib/sendmail"];
/** sysexits(3): the mail is not as it should be, and there is no such user or host. */
const REFUSALS: ReadonlySet<number | null> = new Set([65, 67, 68]);

/**
 * The host's own way to send mail; null: it has none.
 * @param named where it is on this host, if somebody said so; empty: mail is not to go that way.
 */
export function hostSendmail(named?: string, paths: readonly string[] = PATHS): string | null {
  if (named !== undefined) return named === "" ? null : named;
  return paths.find(isProgram) ?? null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export interface SendmailOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly environment: Environment;
  /** The user that this process is. */
  readonly user: string;
}

/** Hands mail to the host's sendmail, as cron does: whoever stands behind it knows its users. */
export function createSendmailMailer(options: SendmailOptions): Mailer {
  const { path, clock, environment, user } = options;
  return {
    async send(mail, signal) {
      // Takes its time, which no command that mails nothing shall spend.
      const { formatMessage } = await import("./message.ts");
      const text = formatMessage(mail, {
        sender: `Belfry <${user}>`,
        carries: "8bit",
        qualify: (address) => address,
        now: clock.now(),
      });
      const argv = [path, ...argumentsOf(mail, text, user)];
      const call = { argv, cwd: "/", env: inheritedEnvironment(environment), stdin: text };
      const end = await runProgram(call, signal, clock).catch((thrown: unknown) => {
        const said = thrown instanceof Error ? thrown.message : String(thrown);
        throw failure(path, signal.aborted ? "did not end in time" : said);
      });
      const said = redact(end.output, []).slice(-200);
      const how = end.exitCode === null ? `was ended by ${end.signal}` : `exited ${end.exitCode}`;
      if (end.exitCode !== 0) {
        const words = `${how}${said === "" ? "" : `: ${said}`}`;
        throw failure(path, words, REFUSALS.has(end.exitCode) ? RefusedForGood : BelfryError);
      }
      return `${path} took it`;
    },
  };
}

/** What is no address might be an option: such are left out, although they were refused before. */
function argumentsOf({ from, to }: Mail, text: string, user: string): string[] {
  const sender = readMailbox(from ?? user)?.address ?? user;
  return [
    "-i",
    "-oem",
    ...(/[^\0-\x7f]/.test(text) ? ["-B8BITMIME"] : []),
    ...(sender === user ? [] : ["-f", sender]),
    ...to.filter(isMailAddress),
  ];
}

function failure(path: string, how: string, Refusal = BelfryError): BelfryError {
  const hint = "see the log of this host's mail system";
  return new Refusal("unavailable", "mail-refused", `${path} ${how}`, hint);
}
