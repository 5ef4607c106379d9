import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What is known of a start or of a mail, by name. */
export type Facts = ReadonlyMap<string, string>;

export interface Start {
  /** The number of its line. */
  readonly line: number;
  readonly at: number;
  readonly facts: Facts;
}

export interface Mail {
  /** The number of the line that its subject bears; null: none. */
  readonly line: number | null;
  readonly facts: Facts;
}

export interface Records {
  readonly starts: readonly Start[];
  readonly mails: readonly Mail[];
}

/** What one side did, in order. */
export function readRecords(folder: string): Records {
  const starts = filesIn(join(folder, "starts"), ".start").map(readStart);
  return {
    starts: starts.sort((a, b) => a.at - b.at),
    mails: filesIn(join(folder, "mails"), ".mail").map(readMail),
  };
}

/** Texts of files, in order of the instants that their names end with. */
function filesIn(folder: string, ending: string): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(ending));
  const order = (name: string): string => name.split(".").at(-2) ?? "";
  names.sort((a, b) => (order(a) < order(b) ? -1 : 1));
  return names.map((name) => readFileSync(join(folder, name), "utf8"));
}

/** Reads what the program `start` noted: a fact a line. */
export function readStart(text: string): Start {
  const facts = new Map<string, string>();
  for (const each of text.replace(/\n$/, "").split("\n")) {
    const equals = each.indexOf("=");
    const fact = each.slice(0, equals).trim();
    const value = each.slice(equals + 1);
    // Of the environment every blank counts; elsewhere they make columns.
    facts.set(fact, fact.startsWith("env ") ? value : value.trim().replace(/\s+/g, " "));
  }
  const line = Number(facts.get("line"));
  const at = Number(facts.get("at"));
  facts.set("Groups", allGroups(facts));
  facts.delete("line");
  facts.delete("at");
  return { line, at, facts };
}

/** With the first one, which the kernel lists among the others or not, as whoever set them did. */
function allGroups(facts: Facts): string {
  const [, first = ""] = (facts.get("Gid") ?? "").split(" ");
  const others = (facts.get("Groups") ?? "").split(" ");
  return [...new Set([first, ...others])].filter((group) => group !== "").join(" ");
}

/** Reads what the program `sendmail` was given: its words, then the message. */
export function readMail(text: string): Mail {
  const [words = "", headers = "", ...body] = text.split("\n\n");
  const [, sender = null] = /^-f\n(.*)$/m.exec(words) ?? [];
  const addresses = words.replace(/^-f\n.*$/m, "-f").split("\n");
  const facts = new Map<string, string>();
  facts.set("sent to", listed(addresses.filter((word) => !word.startsWith("-"))));
  if (sender !== null) facts.set("sent as", sender);
  for (const header of headers.replace(/\n[ \t]+/g, " ").split("\n")) {
    const [, name = "", value = ""] = /^([^:]*):\s*(.*)$/.exec(header) ?? [];
    // One for each variable of the environment.
    const isOneOfMany = name.toLowerCase() === "x-cron-env";
    const [, variable = value] = /^<([^=]*)=/.exec(value) ?? [];
    facts.set(isOneOfMany ? `X-Cron-Env ${variable}` : name, value);
  }
  facts.set("To", listed([facts.get("To") ?? ""]));
  facts.set("body", body.join("\n\n"));
  const [, line = null] = /\bstart (\d+);/.exec(unencoded(facts.get("Subject") ?? "")) ?? [];
  return { line: line === null ? null : Number(line), facts };
}

/** A header as people read it, where it is encoded for its non-ASCII (RFC 2047, form Q). */
export function unencoded(value: string): string {
  const joined = value.replace(/\?=\s+=\?/g, "?==?");
  return joined.replace(/=\?UTF-8\?Q\?(.*?)\?=/gi, (_, word: string) =>
    decodeURIComponent(
      word
        .replaceAll("%", "=25")
        .replaceAll("_", " ")
        .replace(/=([0-9A-F]{2})/gi, "%$1"),
    ),
  );
}

function listed(addresses: readonly string[]): string {
  const all = addresses.flatMap((each) => each.split(",")).map((each) => each.trim());
  return all.filter((each) => each !== "").join(", ");
}
