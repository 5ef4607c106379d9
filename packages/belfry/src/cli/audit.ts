import type { AuditFilter, AuditRow } from "../records.ts";
import { findTask } from "../verbs/find.ts";
import { auditView } from "../views/audit.ts";
import { changeWords } from "./audit-words.ts";
import { type Command, defineCommand } from "./command.ts";
import { readInstant, type Standpoint } from "./instants.ts";
import { readCount } from "./read-count.ts";
import type { Session } from "./session.ts";
import { plain } from "./terminal/escape.ts";
import { instantWords } from "./terminal/time-words.ts";
import { wrap } from "./terminal/width.ts";

const LIMIT_MAX = 10_000;
const WIDEST = 100;
const INDENT = "    ";

export const auditCommand: Command = defineCommand({
  name: "audit",
  summary: "Tells who changed what, newest first: before and after",
  details: [
    "Releases, pauses, schedules, runs made, replayed and cancelled by hand, nodes declared dead, " +
      "clocks accepted, crontabs taken over, backups. Payloads are never in it. What tells of runs " +
      "and nodes is kept as long as history, the rest for good. Instants are in the configured zone.",
  ],
  options: {
    task: { value: "TASK", help: "what concerns this task" },
    actor: { value: "NAME", help: "what this person, program or node did" },
    from: { value: "TIME", help: "at this instant or after it: a date, yesterday, 2h (ago)" },
    until: { value: "TIME", help: "before this instant" },
    limit: { value: "N", help: "at most so many; else 20" },
  },
  examples: [
    ["belfry audit --task backup", "all that was ever changed of it"],
    ["belfry audit --from yesterday --json", "for a report"],
  ],
  async run(session, call) {
    const context = await session.context();
    const { timeZone } = await session.config();
    const standpoint: Standpoint = { timeZone, now: context.clock.now(), bare: "ago" };
    const [task, from, until] = [call.value("task"), call.value("from"), call.value("until")];
    const filter: AuditFilter = {
      task: task === null ? undefined : (await findTask(context, task)).name,
      actor: call.value("actor") ?? undefined,
      from: from === null ? undefined : readInstant(from, standpoint),
      until: until === null ? undefined : readInstant(until, standpoint),
      limit: readCount(call.value("limit"), "--limit", 20, LIMIT_MAX),
    };
    const rows = await context.store.audit(filter);
    if (session.json) {
      session.document(rows.map(auditView));
      return 0;
    }
    for (const row of rows) tell(session, row, timeZone);
    if (rows.length === 0) tellNone(session, filter);
    if (rows.length === filter.limit) {
      session.say(session.err.dim(`The newest ${filter.limit}; --limit shows more.`));
    }
    return 0;
  },
});

function tell(session: Session, row: AuditRow, timeZone: string): void {
  const { out } = session;
  const when = instantWords(row.at, timeZone);
  const what = `${out.bold(plain(row.what))} ${plain(row.subject)}`;
  const task =
    row.task === null || row.subject.startsWith(row.task) ? "" : ` of ${plain(row.task)}`;
  session.print(`${out.dim(when)}  ${what}${task}  ${out.dim(`by ${plain(row.actor)}`)}`);
  for (const line of changeWords(row, timeZone)) {
    const width = (session.io.stdout.columns ?? WIDEST) - INDENT.length;
    for (const part of wrap(plain(line), width)) session.print(INDENT + part);
  }
}

function tellNone(session: Session, { task, actor, from, until }: AuditFilter): void {
  const narrow = actor ?? from ?? until;
  if (narrow !== undefined) session.say("Nobody did anything like that.");
  else if (task !== undefined) session.say(`Nothing of ${task} was ever changed by anybody.`);
  else {
    session.say(
      "Nothing was changed yet. A node that brings tasks (`belfry up`), a pause, a run by hand " +
        "each leave a row here.",
    );
  }
}
