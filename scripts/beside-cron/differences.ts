import { unencoded } from "./records.ts";

/** A difference between Debian's cron and Belfry that is meant. */
export interface Difference {
  readonly what: string;
  readonly why: string;
  /** Whether it is this one: a fact and its values; null: that side has no such fact. */
  readonly covers: (fact: string, cron: string | null, belfry: string | null) => boolean;
}

/**
 * All of them: what is not here is a fault of Belfry's, or of this list. Each is as narrow as it can
 * be: a header that only Belfry has excuses no other value where both have it.
 */
export const DIFFERENCES: readonly Difference[] = [
  {
    what: "BELFRY_* in the environment",
    why: "a command can say which run it is",
    covers: (fact, cron) => fact.startsWith("env BELFRY_") && cron === null,
  },
  {
    what: "USER in the environment",
    why: "cronie sets it; commands that were written for either find what they look for",
    covers: (fact, cron) => /^(env|X-Cron-Env) USER$/.test(fact) && cron === null,
  },
  {
    what: "as many open files as the hard limit allows",
    why: "Node.js raises its own soft limit when it starts, and what it starts inherits that",
    covers: (fact, cron, belfry) => {
      const [, hard] = (cron ?? "").split(" ");
      return fact === "limit open files" && belfry === `${hard} ${hard} files`;
    },
  },
  {
    what: "blanks before a closing quote",
    why: "crontab(5) promises that quotes keep them, and Debian's cron cuts them off all the same",
    covers: (fact, cron, belfry) =>
      /^(env|X-Cron-Env|body)\b/.test(fact) &&
      cron !== null &&
      cron === belfry?.replace(/ +(?=>$|\]|$)/g, ""),
  },
  {
    what: "mails: Message-ID, Date, Auto-Submitted and Precedence",
    why: "a mail sent twice is known again, and no answering machine answers; cronie has the latter, too",
    covers: (fact, cron) =>
      /^(Message-ID|Date|Auto-Submitted|Precedence)$/.test(fact) && cron === null,
  },
  {
    what: "mails: From, and who is told of what cannot be delivered",
    why: "Debian's cron is always root there; as with cronie it is the user whose line it is, by -f, too",
    covers: (fact, cron, belfry) =>
      fact === "From"
        ? cron === "root (Cron Daemon)" && /^"\(Cron Daemon\)" <[a-z]+>$/.test(belfry ?? "")
        : fact === "sent as" && cron === null,
  },
  {
    what: "mails: a variable that is empty makes no header that is empty",
    why: "a mail without a content type has one all the same",
    covers: (fact, cron, belfry) =>
      /^Content-(Type|Transfer-Encoding)$/.test(fact) && cron === "" && belfry !== null,
  },
  {
    what: "mails: (failed) in the subject",
    why: "it tells a failure at a glance; Debian's cron has the words too, and says them only at times",
    covers: (fact, cron, belfry) =>
      fact === "Subject" && cron !== null && belfry === `${cron} (failed)`,
  },
  {
    what: "mails: a subject that is not ASCII is encoded",
    why: "RFC 5322 allows no other letters in a header",
    covers: (fact, cron, belfry) =>
      fact === "Subject" && /[^ -~]/.test(cron ?? "") && unencoded(belfry ?? "") === cron,
  },
  {
    what: "mails: the charset in small letters",
    why: "it means the same",
    covers: (fact, cron, belfry) =>
      fact === "Content-Type" && cron?.toLowerCase() === belfry?.toLowerCase(),
  },
  {
    what: "mails: 7bit where the text is ASCII",
    why: "it is true, and needs no server that takes 8bit",
    covers: (fact, cron, belfry) =>
      fact === "Content-Transfer-Encoding" && cron === "8bit" && belfry === "7bit",
  },
  {
    what: "mails: output and error in another order",
    why: "Belfry reads two pipes, to tell them apart in the log: order is exact within each",
    covers: (fact, cron, belfry) =>
      fact === "body" &&
      cron !== belfry &&
      cron !== null &&
      byStream(cron) === byStream(belfry ?? ""),
  },
];

/** The lines of a body by where they were printed: the crontab's lines say `error` to the one. */
function byStream(body: string): string {
  const lines = body.split("\n");
  const isError = (line: string): boolean => line.startsWith("error");
  return [...lines.filter((line) => !isError(line)), ...lines.filter(isError)].join("\n");
}
