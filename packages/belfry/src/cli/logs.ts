import type { LogLine } from "../log.ts";
import type { RunRow } from "../records.ts";
import { findRun } from "../verbs/find.ts";
import { logLineView } from "../views/log-line.ts";
import { Attendance } from "./attendance.ts";
import { type Command, defineCommand } from "./command.ts";
import { follow, readLog } from "./follow.ts";
import { type Signal, signalCode } from "./io.ts";
import { readCount } from "./read-count.ts";
import type { Session } from "./session.ts";
import { LineTeller } from "./tell-lines.ts";
import { dressState, stateWords } from "./words.ts";

export const logsCommand: Command = defineCommand({
  name: "logs",
  summary: "Prints what a run wrote, in order, its stderr to stderr",
  arguments: [{ name: "RUN", presence: "required" }],
  options: {
    follow: { short: "f", help: "go on until the run has ended" },
    attempt: { value: "N", help: "of one attempt only; else of all" },
  },
  examples: [["belfry logs backup@latest --follow", "watch the newest run"]],
  async run(session, call) {
    const context = await session.context();
    const run = await findRun(context, call.argument(0));
    const asked = call.value("attempt");
    const attempt = asked === null ? null : readCount(asked, "--attempt", 1, 1_000_000);
    if (call.has("follow")) return await followLog(session, run, attempt);
    const teller = new LineTeller(session);
    const all: LogLine[] = [];
    let count = 0;
    for await (const lines of readLog(context, run, attempt)) {
      count += lines.length;
      if (session.json) all.push(...lines);
      else teller.tell(lines);
    }
    if (session.json) session.document(all.map(logLineView));
    else if (count === 0) session.say(silence(run));
    return 0;
  },
});

async function followLog(session: Session, run: RunRow, attempt: number | null): Promise<number> {
  const context = await session.context();
  const teller = new LineTeller(session);
  const attendance = new Attendance(session, context);
  let signal: Signal | null = null;
  const stop = session.io.onSignal((heard) => {
    signal ??= heard;
  });
  let last = run;
  try {
    for await (const page of follow(context, run, attempt)) {
      last = page.run;
      if (!session.json) teller.tell(page.lines);
      else for (const line of page.lines) session.print(session.jsonText(logLineView(line)));
      if (signal !== null) return signalCode(signal);
      await attendance.look(last);
      await attendance.explain(last);
    }
  } finally {
    stop();
  }
  session.say(`── ${dressState(last.state, stateWords(last), session.err)} ──`);
  return 0;
}

function silence(run: RunRow): string {
  if (run.startedAt === null)
    return "It has not started yet: `belfry why` tells what it waits for.";
  return "It wrote nothing, or its output was older than the logs are kept.";
}
