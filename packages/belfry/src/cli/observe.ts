import type { LoadedTask } from "../define/load.ts";
import { formatProblem } from "../define/problem.ts";
import type { Crontabs } from "../main/crontabs.ts";
import { type CronLog, readCronLog } from "../sources/crontab/cron-log.ts";
import { type LoadedCrontabs, loadCrontabs } from "../sources/crontab/load-crontabs.ts";
import { Forecast } from "./forecast.ts";
import type { Session } from "./session.ts";
import { plain } from "./terminal/escape.ts";
import { instantWords } from "./terminal/time-words.ts";
import { counted } from "./words.ts";

/** cron starts its commands within seconds of the minute, and logs may be written late. */
const LOG_LATE_MS = 15_000;
/** Edits are seen within this. */
const LOOK_EVERY_MS = 30_000;

/**
 * Tells at each due instant what would run, and what cron's log says did, until a signal comes.
 * It opens no store, and writes no run, no gap and no cursor.
 */
export async function observe(session: Session, crontabs: Crontabs): Promise<number> {
  const { clock } = session.io;
  const stopped = Promise.withResolvers<"stopped">();
  const close = session.io.onSignal(() => stopped.resolve("stopped"));
  let { loaded } = crontabs;
  tellLoaded(session, loaded);
  let seenAt = clock.now();
  try {
    for (;;) {
      const due = dueAfter(loaded, seenAt);
      const wakeAt = Math.min((due?.at ?? Infinity) + LOG_LATE_MS, clock.now() + LOOK_EVERY_MS);
      const awake = Promise.withResolvers<"awake">();
      const withdraw = clock.schedule(wakeAt, () => awake.resolve("awake"));
      const what = await Promise.race([stopped.promise, awake.promise]);
      withdraw();
      if (what === "stopped") return 0;
      if (due !== null && clock.now() >= due.at + LOG_LATE_MS) {
        const log = await readCronLog(localMinute(due.at, crontabs.host.timeZone));
        for (const task of due.tasks) tellDue(session, task, due.at, log, crontabs);
        seenAt = due.at;
      }
      const again = await loadCrontabs(crontabs.paths, crontabs.host, loaded.crontabs);
      if (again.fingerprint === loaded.fingerprint) continue;
      loaded = again;
      tellLoaded(session, loaded);
    }
  } finally {
    close();
  }
}

function tellLoaded(session: Session, { tasks, problems }: LoadedCrontabs): void {
  const message = `Observing ${counted(tasks.length, "line")}: nothing is run.`;
  tell(session, "observing", message, {
    tasks: tasks.map(({ definition, file, line }) => ({ task: definition.task, file, line })),
  });
  for (const problem of problems) {
    tell(session, "problem", plain(formatProblem(problem)), { ...problem });
  }
}

interface Due {
  readonly at: number;
  readonly tasks: readonly LoadedTask[];
}

/** The next instant at which anything is due, and all that is due then. */
function dueAfter({ tasks }: LoadedCrontabs, after: number): Due | null {
  const forecast = new Forecast(tasks.map(({ definition }) => definition));
  const byInstant = Map.groupBy(tasks, ({ definition }) => forecast.next(definition.task, after));
  const instants = [...byInstant.keys()].filter((at) => at !== null);
  if (instants.length === 0) return null;
  const at = Math.min(...instants);
  return { at, tasks: byInstant.get(at) ?? [] };
}

function tellDue(
  session: Session,
  task: LoadedTask,
  dueAt: number,
  log: CronLog,
  { host }: Crontabs,
): void {
  const { work } = task;
  const command = work.kind === "function" ? "" : (work.argv.at(-1) ?? "");
  const didRun = log.starts.some((start) => start.command === command.trim());
  const delayed = task.definition.policies.jitterMs > 0 ? "delayed" : "not-logged";
  const cron = log.from === null ? "unknown" : didRun ? "started" : delayed;
  const words = {
    unknown: "cron's log cannot be read",
    started: `cron started it too, says ${log.from}`,
    delayed: `${log.from} says nothing of it yet: cron delays it by RANDOM_DELAY`,
    "not-logged": `${log.from} says nothing of it`,
  }[cron];
  const name = task.definition.task;
  const when = instantWords(dueAt, host.timeZone);
  const message = `${when}  ${name} would run: ${plain(command)} (${words})`;
  tell(session, "would-run", message, {
    task: name,
    dueAt: new Date(dueAt).toISOString(),
    command,
    file: task.file,
    line: task.line,
    cron,
    log: log.from,
  });
}

function tell(session: Session, event: string, message: string, fields: object): void {
  if (session.json) session.print(session.jsonText({ event, ...fields }));
  else session.print(message);
}

/** `YYYY-MM-DD HH:MM` in a zone. */
function localMinute(at: number, timeZone: string): string {
  return new Intl.DateTimeFormat("sv-SE", {
    timeZone,
    dateStyle: "short",
    timeStyle: "short",
  }).format(at);
}
