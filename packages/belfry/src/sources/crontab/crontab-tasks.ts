import { resolve } from "node:path";
import type { Definition, Policies } from "../../core/definition.ts";
import { IN_TIME_MS } from "../../core/plan.ts";
import { compareText } from "../../define/compare-text.ts";
import type { LoadedTask } from "../../define/load.ts";
import { definitionHash } from "../../define/normalize.ts";
import { error, type Fault, locate, type Problem } from "../../define/problem.ts";
import type { CommandWork } from "../../executors/command.ts";
import type { Account, Accounts } from "./accounts.ts";
import { cronMail } from "./cron-mail.ts";
import type { CrontabEntry, ReadCrontab } from "./entry.ts";
import { nameEntries } from "./entry-name.ts";

/** The tasks of one crontab. */
export interface CrontabTasks {
  readonly tasks: readonly LoadedTask[];
  /** Names of those that run once per boot of the host; they have no schedule. */
  readonly boots: readonly string[];
  readonly problems: readonly Problem[];
  /** Names of lines that could not be taken: what stood there before stays in force, without code. */
  readonly unread: readonly string[];
}

/** What cron does, in Belfry's words: start it at its minute or never, beside what still runs, once. */
const AS_CRON: Policies = {
  catchUp: "none",
  startWithin: IN_TIME_MS,
  concurrency: { limit: null, by: null },
  overlap: "skip",
  retry: { attempts: 1, waitMs: 10_000, maxMs: 900_000 },
  timeoutMs: null,
  deadlineMs: null,
  jitterMs: 0,
  runsOn: [],
  delivery: "at-most-once",
};

export interface CrontabPlace {
  /** `crontab:HOST:PATH` */
  readonly source: string;
  readonly file: string;
  /** The zone of days for what has no times. */
  readonly timeZone: string;
  readonly hostname: string;
  /** Why nothing can be mailed from here; null: it can. */
  readonly unmailable: Fault | null;
  /** The channels that hear of its incidents: a line itself cannot name any. */
  readonly alerts: readonly string[];
  readonly accounts: Accounts;
}

/** Makes a task of each entry that this process may run; another user's is refused by name. */
export function crontabTasks(read: ReadCrontab, place: CrontabPlace): CrontabTasks {
  const lines = [...read.entries, ...read.refused].sort((a, b) => a.line - b.line);
  const names = nameEntries(lines, place.source);
  const nameOf = new Map(lines.map(({ line }, index) => [line, names[index] ?? ""]));
  const tasks: LoadedTask[] = [];
  const boots: string[] = [];
  const problems = [...read.problems];
  const mailDoubts: { readonly doubt: Fault; readonly line: number }[] = [];
  const unread = read.refused.map(({ line }) => nameOf.get(line) ?? "");
  for (const entry of read.entries) {
    const name = nameOf.get(entry.line) ?? "";
    const account = accountOf(entry.user, place.accounts);
    if ("severity" in account) {
      problems.push(locate(account, () => ({ file: place.file, line: entry.line })));
      unread.push(name);
      continue;
    }
    const { task, doubts } = taskOf(entry, name, account, place);
    tasks.push(task);
    mailDoubts.push(...doubts.map((doubt) => ({ doubt, line: entry.line })));
    if (entry.times.kind === "boot") boots.push(name);
  }
  problems.push(...toldOnce(mailDoubts, place.file));
  problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  return { tasks, boots, problems, unread: unread.sort(compareText) };
}

/** A variable speaks for all the lines below it, and what is wrong with it is said at the first. */
function toldOnce(
  doubts: readonly { readonly doubt: Fault; readonly line: number }[],
  file: string,
): Problem[] {
  const first = new Map(doubts.toReversed().map((each) => [each.doubt.message, each]));
  return [...first.values()].map(({ doubt, line }) => locate(doubt, () => ({ file, line })));
}

function accountOf(user: string, { current, setpriv, find }: Accounts): Account | Fault {
  if (user === current.name) return current;
  if (current.uid !== 0) {
    const what = `runs as ${user}, and this node as ${current.name}: only root can change users`;
    return error([], what, "start the node as root, or give that user a node and a crontab");
  }
  if (setpriv === null) {
    const what = `runs as ${user}, and setpriv, by which root becomes another user, is not there`;
    return error([], what, "install util-linux");
  }
  return (
    find(user) ?? error([], `there is no user ${user} on this host`, "correct the user column")
  );
}

function taskOf(
  entry: CrontabEntry,
  name: string,
  account: Account,
  place: CrontabPlace,
): { readonly task: LoadedTask; readonly doubts: readonly Fault[] } {
  const { times, description, line } = entry;
  const timeZone = times.kind === "times" ? times.timeZone : place.timeZone;
  const environment = cronEnvironment(entry.environment, account);
  const { mail, doubts } = mailOf(entry, account, environment, place);
  const definition: Definition = {
    task: name,
    executor: "shell",
    timeZone,
    schedules:
      times.kind === "boot"
        ? []
        : [
            {
              key: "default",
              parts: [{ expression: times.expression, dialect: "unix", timeZone, anchor: null }],
              payload: null,
            },
          ],
    policies: { ...AS_CRON, jitterMs: times.kind === "boot" ? 0 : entry.delayMs },
    watch: { alerts: place.alerts, heartbeat: null, mail: mail?.mailTo ?? null },
    description,
    owner: null,
    severity: null,
    tags: [],
    runbook: null,
    idempotent: null,
  };
  const task: LoadedTask = {
    definition,
    hash: definitionHash(definition),
    work: workOf(entry, environment, account, place.accounts),
    file: place.file,
    line,
    payloadSchema: null,
    ...(mail === null ? {} : { mail: mail.compose }),
  };
  return { task, doubts };
}

/** Only whoever asked for mail is told that there can be none: cron says nothing either. */
function mailOf(
  entry: CrontabEntry,
  { name: user }: Account,
  environment: Readonly<Record<string, string>>,
  { hostname, unmailable }: CrontabPlace,
): ReturnType<typeof cronMail> {
  const found = cronMail(entry, { user, hostname, environment });
  if (unmailable === null || found.mail === null) return found;
  const isAsked = entry.environment["MAILTO"] !== undefined;
  return { mail: null, doubts: isAsked ? [...found.doubts, unmailable] : found.doubts };
}

function workOf(
  entry: CrontabEntry,
  environment: Record<string, string>,
  account: Account,
  { current, setpriv }: Accounts,
): CommandWork {
  const shell = [environment["SHELL"] ?? "", "-c", entry.command];
  const { uid, gid } = account;
  const become = [setpriv ?? "setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--init-groups", "--"];
  return {
    kind: "shell",
    argv: uid === current.uid ? shell : [...become, ...shell],
    cwd: resolve("/", environment["HOME"] ?? ""),
    base: {},
    env: environment,
    stdin: entry.stdin,
  };
}

/** As crontab(5) has it: SHELL, HOME and PATH may be set, LOGNAME and USER may not. */
function cronEnvironment(
  set: Readonly<Record<string, string>>,
  account: Account,
): Record<string, string> {
  return {
    SHELL: "/bin/sh",
    HOME: account.home,
    PATH: "/usr/bin:/bin",
    ...set,
    LOGNAME: account.name,
    USER: account.name,
  };
}
