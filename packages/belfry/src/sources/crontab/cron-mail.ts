import type { MailTo } from "../../core/definition.ts";
import { isMailAddress, readMailbox } from "../../core/mail-address.ts";
import { type Fault, warning } from "../../define/problem.ts";
import type { ComposeMail, Mail } from "../../mailer.ts";
import type { CrontabEntry } from "./entry.ts";

/** How the output of a line is mailed. */
export interface CronMail {
  readonly mailTo: MailTo;
  readonly compose: ComposeMail;
}

export interface CronMailPlace {
  readonly user: string;
  readonly hostname: string;
  /** What the command finds in its environment, as cron gives it. */
  readonly environment: Readonly<Record<string, string>>;
}

const CONTENT_TYPE =
  /^[\w.+-]+\/[\w.+-]+(?:\s*;\s*[\w-]+\s*=\s*(?:"[^"\\\p{C}]*"|[\w.+:'()/=?-]+))*\s*;?$/u;

/**
 * To whom and as what cron would mail the output of a line: to MAILTO, else to the user whose line
 * it is; null: to nobody. As of Debian's cron 3.0pl1-162 and cronie 1.7; blanks between the addresses,
 * for which both send nothing at all, are taken.
 */
export function cronMail(
  { environment, command, mailed }: CrontabEntry,
  place: CronMailPlace,
): { readonly mail: CronMail | null; readonly doubts: readonly Fault[] } {
  const doubts: Fault[] = [];
  const to = recipientsOf(environment["MAILTO"] ?? place.user, doubts);
  if (to.length === 0) return { mail: null, doubts };
  const from = senderOf(environment["MAILFROM"], place.user, doubts);
  const contentType = typeOf(environment["CONTENT_TYPE"], doubts);
  const encoding = environment["CONTENT_TRANSFER_ENCODING"] ?? "";
  const headers: Mail["headers"] = [
    ...(encoding === "" ? [] : [["Content-Transfer-Encoding", encoding] as const]),
    ["Auto-Submitted", "auto-generated"],
    ["Precedence", "bulk"],
    ...Object.entries(place.environment).map(
      ([name, value]) => ["X-Cron-Env", `<${name}=${value}>`] as const,
    ),
  ];
  const [host = place.hostname] = place.hostname.split(".");
  const subject = `Cron <${place.user}@${host}> ${command}`;
  const domain = place.hostname.replace(/[^A-Za-z0-9.-]/g, "-");
  const compose: ComposeMail = ({ run, state, text, mail }) => {
    if (mailed === "failures" && state === "succeeded") return null;
    return {
      ...mail,
      subject: state === "succeeded" ? subject : `${subject} (failed)`,
      text,
      messageId: `${run}.cron@${domain}`,
      headers,
      contentType,
    };
  };
  return { mail: { mailTo: { to, from }, compose }, doubts };
}

function recipientsOf(written: string, doubts: Fault[]): string[] {
  const named = written.split(",").map((address) => address.trim());
  const wrong = named.filter((address) => address !== "" && !isMailAddress(address));
  for (const address of wrong) {
    const what = `MAILTO: "${address}" is no mail address, so nothing is mailed to it`;
    doubts.push(warning([], what, "write addresses, or users of this host, with commas between"));
  }
  return named.filter(isMailAddress);
}

function senderOf(written: string | undefined, user: string, doubts: Fault[]): string {
  const daemon = `"(Cron Daemon)" <${user}>`;
  if (written === undefined || written === "") return daemon;
  if (readMailbox(written) !== null) return written;
  const what = `MAILFROM: "${written}" is no mail address, so mail is from ${user}`;
  doubts.push(warning([], what, "write one address"));
  return daemon;
}

/** The log is UTF-8, whatever the command wrote, so text is said to be. */
function typeOf(written: string | undefined, doubts: Fault[]): string | null {
  const type = written?.trim() ?? "";
  if (type === "") return null;
  if (!CONTENT_TYPE.test(type)) {
    const what = "CONTENT_TYPE is no content type, so mail is plain text";
    doubts.push(warning([], what, "write for example text/html"));
    return null;
  }
  if (!/^text\//i.test(type)) return type;
  const rest = type.replace(/;\s*charset\s*=\s*(?:"[^"]*"|[^;]*)/gi, "").replace(/\s*;?\s*$/, "");
  return `${rest}; charset=utf-8`;
}
