/**
 * What an editor says of a key of YAML. A key is found by the longest end of its path that stands
 * here, so that `node.concurrency` is another than a task's `concurrency`; `*` is a name of one's
 * own choice.
 */
const WORDS: Readonly<Record<string, string>> = {
  // The configuration.
  tasks:
    "Tasks by name; in the configuration also a list of globs of task files (.ts, .js, .yaml), relative to its folder.",
  "tasks.*": "One task. Its name is its identity: a new name is a new task.",
  store: 'Where the state lives. Default "sqlite:.belfry/belfry.db".',
  timeZone:
    'The zone, by its IANA name. In the configuration: of every schedule that names none; default "UTC".',
  defaults: "Policies for every task that does not say otherwise.",
  calendars: "Days by name, such as public holidays: `on` and `except` of a schedule name them.",
  "calendars.*": "A list of dates, which days, or the iCalendar file that has them.",
  file: "The iCalendar file (.ics), relative to the configuration's folder: the days of its events.",
  channels: "Ways to tell people, by name: `alerts` names them.",
  "channels.*": "One way to tell people.",
  webhook: "Where each alert is posted as JSON: a URL, or a secret that is one.",
  "webhook.url": "Where each alert is posted as JSON.",
  "webhook.secret":
    "Alone: the variable that holds the URL. Beside url: the secret by which bodies are signed.",
  email: "Mails each alert.",
  to: "One mail address, or several.",
  from: "An address, or Name <address>. Default: the mail server's user, else belfry@HOST.",
  "channels.*.command": "A program and its arguments; each alert is JSON on its standard input.",
  smtp: "The server that takes mail. Without it the host's own sendmail does.",
  "smtp.host": "Its name.",
  port: "Its port. Default: 587, with secure 465.",
  secure: "Speak TLS from the first byte on.",
  user: "The user to log in as.",
  password: "The password, as a secret.",
  "node.heartbeat":
    "A service outside that waits for this node's signs of life: a URL, or the secret that holds it.",
  "node.http":
    'HOST:PORT at which `belfry up` shows health and metrics, or "off". Default "127.0.0.1:7411", and the next free port where that is taken.',
  secrets:
    "Environment variables that hold secrets, beside those that are named as such: what code reads there by itself is taken out of all that is kept, too.",
  retention: "How long things are kept.",
  history: 'How long runs and gaps are kept. Default "90d".',
  "retention.logs": 'How long what runs wrote is kept. Default "14d".',
  node: "How a node works.",
  "node.concurrency": "Attempts that may run at once on a node. Default 50.",
  "node.tags": "What is special about the node: a task whose runsOn names it runs only here.",
  grace: 'How long attempts may still take once the node is told to stop. Default "25s".',
  lease: 'After how long without a sign of life others take over. Default "30s".',
  name: "The name of this code base among the sources of a store. Default: package.json's, or the folder's.",

  // A task.
  schedule:
    "When it is due: one schedule, or a list whose union is one. Without any it runs by hand, by API or from code.",
  schedules: "Several schedules, by name: each has an identity of its own.",
  "schedules.*": "One schedule, or one with the payload that it brings.",
  "schedules.*.payload": "What a run of this schedule is given: JSON of at most 256 KiB.",
  cron: 'A cron expression, such as "0 3 * * *".',
  dialect: "In which dialect the expression is written. Default: unix.",
  every: 'The time between two occurrences, such as "6h".',
  anchor:
    "What it is counted from: an instant or a local time. Default: the epoch, never a start-up.",
  at: "One instant, or a local time.",
  on: "Only on these days of its zone: a calendar's name, a list of dates, or which days.",
  except: "On all days but these: a calendar's name, a list of dates, or which days.",
  otherwise:
    "What becomes of an occurrence on another day: it is skipped, or moves to the next or previous such day. Default: skip.",
  during: 'Only between these times of day, the second excluded, such as "09:00-17:00".',
  weekdays: 'Days of the week, such as "mon-fri" or "sat,sun".',
  dates:
    "Dates (2026-12-25), dates of every year (12-25), all days between two (2026-12-24/2027-01-02), or rules of RFC 5545.",
  nth: "Of those days only the first of each month (1), the last (-1), and so on; or several.",
  command:
    "What to run: the program, then its arguments, each a text of its own. No shell reads it.",
  shell: "What to run: a line that a shell reads.",
  "shell.line": "The line.",
  program: "The shell that reads the line. Default: /bin/sh.",
  cwd: "The working folder, relative to the project's. Default: that.",
  env: "Variables beside those that the node has.",
  "env.*": "Its value, or { secret: NAME }.",
  stdin: "What it finds on its standard input.",
  secret:
    "The environment variable that holds the value, or NAME_FILE beside it the file that does. It is read on the node only.",
  description: "What it is for, in a line.",
  owner: "A person or a team.",
  severity: "How bad it is when it fails, in your own words.",
  tags: "Words to find it by.",
  runbook: "What to do when it fails, or where that is written.",
  idempotent:
    "That a repeated attempt does no harm, or better why not. It decides nothing; `belfry check` asks for it.",
  alerts:
    "The channels that hear of its incidents. In the configuration: of those of every task that names none.",

  heartbeat:
    "A service outside that waits for each end of a run: a URL, or the secret that holds it.",
  url: "The URL, or the secret that holds it.",
  kind: "The service, where host and path do not tell. plain: a URL that is called after a success.",

  // Policies.
  catchUp:
    'What happens to occurrences that were missed: none of them runs, the latest, or all (the newest 1,000). Default "latest".',
  startWithin:
    'How late an occurrence may still start. Default "next": until the next one; with catchUp all or overlap queue "unlimited"; with catchUp none one minute.',
  concurrency:
    "How many runs there may be at once, of the task or for each value of a field of its payload. Default 1.",
  limit: "How many at once.",
  by: "The field of the payload of which each value has a limit of its own.",
  overlap:
    'What happens to what comes due while `concurrency` is used up: it is skipped, it waits, or the oldest running one is asked to end. Default "skip".',
  retry:
    "Attempts, the first included; or with the waits between them. Default: functions 3, commands 1.",
  attempts: "How many, the first included.",
  wait: 'Before the second attempt; it doubles with each further one. Default "10s".',
  max: 'The longest wait. Default "15m".',
  timeout: 'Limit for one attempt, from its start. Default "unlimited".',
  deadline: 'Limit for the run, from its due instant, waits included. Default "unlimited".',
  jitter:
    "Spreads starts: each occurrence starts up to so much after it is due, but before the next one, " +
    'with a delay of its own that is always the same. Default "none".',
  delivery:
    'What a lost node means: the run is tried again, or it fails. "at-most-once" allows no retry. Default "at-least-once".',
  runsOn: "Tags that a node must have to run it: all of them. Default: none, so any node may.",
};

/** @param path of names, `*` where a name is free; null: nobody has said anything of it. */
export function keyWords(path: readonly string[]): string | null {
  for (let from = 0; from < path.length; from++) {
    const words = WORDS[path.slice(from).join(".")];
    if (words !== undefined) return words;
  }
  return null;
}
