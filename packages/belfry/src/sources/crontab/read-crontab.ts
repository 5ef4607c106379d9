import { canonicalTimeZone, parse, ScheduleError } from "@belfry/schedule";
import { error, type Fault, locate, type Problem, warning } from "../../define/problem.ts";
import { splitCommand } from "./command-text.ts";
import type {
  CrontabEntry,
  CrontabOrigin,
  EntryTimes,
  ReadCrontab,
  RefusedEntry,
} from "./entry.ts";
import { readVariable, type Variable } from "./environment-line.ts";

/**
 * Reads a crontab as cron does. Each line that cannot be taken is a problem with its reason and what
 * to do; the others stand. Never throws.
 *
 * The rules are those of cronie and Debian's cron: crontab(5), and the code where that differs.
 */
export function readCrontab(text: string, origin: CrontabOrigin): ReadCrontab {
  const reader = new CrontabReader(origin);
  const lines = text.split("\n");
  const last = lines.pop() ?? "";
  for (const [index, line] of lines.entries()) reader.read(line, index + 1);
  reader.readUnended(last, lines.length + 1);
  return reader.result();
}

const UNMAILED = /^-n[ \t]+/;

class CrontabReader {
  readonly #origin: CrontabOrigin;
  readonly #entries: CrontabEntry[] = [];
  readonly #problems: Problem[] = [];
  readonly #refused: RefusedEntry[] = [];
  /** In order: a name set anew keeps its place. */
  readonly #variables = new Map<string, string>();
  #comments: string[] = [];

  constructor(origin: CrontabOrigin) {
    this.#origin = origin;
  }

  result(): ReadCrontab {
    return { entries: this.#entries, problems: this.#problems, refused: this.#refused };
  }

  read(written: string, line: number): void {
    const text = written.replace(/^[ \t]+/, "");
    if (text === "") this.#comments = [];
    else if (text.startsWith("#")) this.#comment(text);
    else if (/[\0\ufffd]/.test(text)) {
      this.#tell(error([], "holds a NUL, or bytes that are not UTF-8", "save it as UTF-8"), line);
    } else {
      const variable = readVariable(text);
      if (variable === null) this.#entry(text, line);
      else this.#set(variable, line);
      this.#comments = [];
    }
  }

  readUnended(written: string, line: number): void {
    const text = written.trim();
    if (text === "" || text.startsWith("#")) return;
    const what = "the last line does not end with a newline, so cron passes over it";
    this.#tell(error([], what, "end the file with a newline"), line);
    if (readVariable(text) !== null) return;
    const entry = readEntry(text, this.#origin, this.#timeZone());
    const known = "fault" in entry ? entry.known : entry;
    if (known !== null) this.#refuse(known.user, known.text, line);
  }

  #comment(text: string): void {
    const words = text.replace(/^[#\s]+/, "").trim();
    // An entry that is switched off, or the legend of the fields, describes nothing.
    if (
      words === "" ||
      /^(@\w+|[\d*][\d*,/-]*)\s/.test(words) ||
      /\bdom\s+mon\s+dow\b/.test(words)
    ) {
      this.#comments = [];
    } else this.#comments.push(words);
  }

  #set({ name, value }: Variable, line: number): void {
    this.#variables.set(name, value);
    if (name === "CRON_TZ" && value !== "" && canonicalTimeZone(value) === null) {
      const hint = "write an IANA name such as Europe/London: until then no line below is taken";
      this.#tell(error([], `CRON_TZ: there is no time zone "${value}"`, hint), line);
    }
    if (name === "RANDOM_DELAY" && readDelay(value) === null) {
      const what = `RANDOM_DELAY: "${value}" is no number of minutes from 0 to 1440`;
      this.#tell(warning([], what, "correct it: until then the lines below start on time"), line);
    }
  }

  #entry(text: string, line: number): void {
    const entry = readEntry(text, this.#origin, this.#timeZone());
    if ("fault" in entry) {
      this.#tell(entry.fault, line);
      if (entry.known !== null) this.#refuse(entry.known.user, entry.known.text, line);
      return;
    }
    for (const doubt of entry.doubts) this.#tell(doubt, line);
    const { user, times } = entry;
    this.#entries.push({
      line,
      user,
      text: entry.text,
      times,
      // cronie's own mark for "mail only what fails".
      ...splitCommand(entry.text.replace(UNMAILED, "")),
      mailed: UNMAILED.test(entry.text) ? "failures" : "always",
      environment: Object.fromEntries(this.#variables),
      delayMs: readDelay(this.#variables.get("RANDOM_DELAY") ?? "0") ?? 0,
      description: this.#comments.length === 0 ? null : this.#comments.join(" "),
    });
  }

  #timeZone(): string | null {
    const asked = this.#variables.get("CRON_TZ");
    if (asked === undefined || asked === "") return this.#origin.timeZone;
    return canonicalTimeZone(asked);
  }

  #refuse(user: string, text: string, line: number): void {
    this.#refused.push({ user, text, line });
  }

  #tell(fault: Fault, line: number): void {
    this.#problems.push(locate(fault, () => ({ file: this.#origin.file, line })));
  }
}

const DELAY_MINUTES_MAX = 24 * 60;

/** As cronie's strtol has it: what stands behind the digits counts for nothing. */
function readDelay(value: string): number | null {
  const minutes = Number(/^\s*\+?(\d+)/.exec(value)?.[1] ?? Number.NaN);
  return minutes <= DELAY_MINUTES_MAX ? minutes * 60_000 : null;
}

interface TakenEntry {
  readonly user: string;
  readonly text: string;
  readonly times: EntryTimes;
  readonly doubts: readonly Fault[];
}

interface UntakenEntry {
  readonly fault: Fault;
  readonly known: { readonly user: string; readonly text: string } | null;
}

/** @param timeZone null where the one that was asked for does not exist. */
function readEntry(
  written: string,
  { form }: CrontabOrigin,
  timeZone: string | null,
): TakenEntry | UntakenEntry {
  const isUnlogged = written.startsWith("-");
  if (isUnlogged && form.kind === "user" && form.user !== "root") {
    const what = "a leading - (do not log) is for system tables and root's";
    return { fault: error([], what, "leave out the -"), known: null };
  }
  const head = headOf(isUnlogged ? written.slice(1) : written, form.kind);
  if ("severity" in head) return { fault: head, known: null };
  const { when, text } = head;
  const user = form.kind === "user" ? form.user : head.user;
  const known = { user, text };
  if (when === "@reboot") return { ...known, times: { kind: "boot" }, doubts: doubtsOf(text) };
  if (timeZone === null) {
    const what = "not taken: CRON_TZ above names a time zone that does not exist";
    return { fault: error([], what, "correct CRON_TZ, or reset it by CRON_TZ="), known };
  }
  try {
    parse(when, { timeZone });
  } catch (thrown) {
    if (!(thrown instanceof ScheduleError)) throw thrown;
    return { fault: unreadable(thrown), known };
  }
  const times = { kind: "times", expression: when, timeZone } as const;
  const doubts = form.kind === "user" ? [...doubtsOf(text), ...columnDoubts(text)] : doubtsOf(text);
  return { ...known, times, doubts };
}

interface Head {
  /** The fields with one blank between them, or a macro. */
  readonly when: string;
  readonly user: string;
  readonly text: string;
}

/** Takes a line apart: its times, the user where a column names one, and the command. */
function headOf(line: string, form: "user" | "system"): Head | Fault {
  const isMacro = line.startsWith("@");
  const [, interval] = /^@every[ \t]+(\S+)/.exec(line) ?? [];
  if (interval !== undefined) {
    const hint = `write it in fields, or as a task of a configuration: schedule: every ${interval}`;
    return error([], "cron has no @every", hint);
  }
  const count = isMacro ? 1 : 5;
  const columns = form === "system" ? count + 1 : count;
  const pattern = new RegExp(`^((?:\\S+[ \\t]+){${columns}})(.*)$`, "s");
  const [, before, text = ""] = pattern.exec(line) ?? [];
  const words = (before ?? line).trim().split(/[ \t]+/);
  const when = words.slice(0, count).join(" ");
  if (before === undefined || text.trim() === "") {
    // A line that is too short has mostly lost a field, which the command's first word then takes.
    const wrong = when === "@reboot" ? null : faultIn(when);
    return wrong ?? missing(words.length, columns, form);
  }
  if (text.startsWith("*") || (form === "system" && words[count]?.startsWith("*"))) {
    const what = "a sixth field stands where the command should: cron has no seconds and no years";
    return error(
      [],
      what,
      "write minute, hour, day of month, month, day of week, then the command",
    );
  }
  return { when, user: words[count] ?? "", text };
}

function missing(found: number, columns: number, form: "user" | "system"): Fault {
  if (form === "system" && found >= columns - 1) {
    return error(
      [],
      "there is no user or no command after the times",
      "in a system table a user stands before the command, such as root",
    );
  }
  return error([], "there is no command after the times", "write a command, or remove the line");
}

function faultIn(expression: string): Fault | null {
  try {
    parse(expression);
    return null;
  } catch (thrown) {
    if (!(thrown instanceof ScheduleError)) throw thrown;
    return unreadable(thrown);
  }
}

function unreadable({ message, hint }: ScheduleError): Fault {
  const tail = hint === null ? "" : `: ${hint}`;
  return error(
    [],
    message.endsWith(tail) ? message.slice(0, message.length - tail.length) : message,
    hint,
  );
}

function doubtsOf(text: string): Fault[] {
  if (text.startsWith("#")) {
    const what = "the command is only a comment: a crontab has no comments after the times";
    return [warning([], what, "put the # at the beginning of the line")];
  }
  if (text.endsWith("\r")) {
    const what = "the line ends with a carriage return, which cron hands to the shell";
    return [warning([], what, "save the file with Unix line ends")];
  }
  return [];
}

function columnDoubts(text: string): Fault[] {
  const [first = ""] = text.split(/\s/, 1);
  if (first !== "root") return [];
  const what = 'the command begins with "root": only a system table has a user column';
  return [warning([], what, "leave out the user, or move the line to /etc/cron.d")];
}
