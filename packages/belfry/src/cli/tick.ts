import type { Config } from "../define/config.ts";
import { formatProblem, type Problem } from "../define/problem.ts";
import type { EngineEvent } from "../engine/events.ts";
import { iso } from "../views/instant.ts";
import { runView } from "../views/run.ts";
import { type Command, defineCommand } from "./command.ts";
import type { TickReport } from "./here.ts";
import { signalCode } from "./io.ts";
import type { Session } from "./session.ts";
import { Signals } from "./signals.ts";
import { plain, plainLines } from "./terminal/escape.ts";
import { instantWords, relativeWords } from "./terminal/time-words.ts";
import { nothingToRun } from "./up.ts";
import { eventLine } from "./up-lines.ts";
import { isTold, levelOf, messageOf, Troubles } from "./up-reporter.ts";
import { counted } from "./words.ts";

export const tickCommand: Command = defineCommand({
  name: "tick",
  summary: "Plans and runs what fell due since the last tick, waits for it, and ends",
  details: [
    "For where no node is always up: a systemd timer, a cloud scheduler, CI. What fell due since the " +
      "last tick counts as planned in time; what may not start so late any more, by the task's " +
      "startWithin, is recorded as late. Retries that come later, and what falls due meanwhile, are " +
      "for the next tick.",
    "Exits 1 where a run failed. SIGTERM or Ctrl-C interrupts what runs, within the configuration's " +
      "grace, and leaves it to the next tick; a second one ends it at once.",
  ],
  options: {},
  examples: [
    ["belfry tick", "each few minutes, by whatever timer there is"],
    ["belfry tick --json", "and what it did as one JSON document"],
  ],
  async run(session) {
    const config = await session.config();
    const [{ hasTasks }, { tick }, { loadTasks }] = await Promise.all([
      import("../main.ts"),
      import("./here.ts"),
      import("../define/load.ts"),
    ]);
    if (!hasTasks(config)) throw nothingToRun(config);
    const loaded = await loadTasks(config, { now: session.io.clock.now() });
    for (const problem of loaded.problems) tellProblem(session, problem);
    const progress = new Progress(session, config);
    const signals = new Signals(session);
    const stop = new AbortController();
    void signals.first.then((signal) => {
      session.say(`${signal}: what runs is interrupted; once more ends it at once.`);
      stop.abort();
    });
    try {
      const ticking = tick(config, loaded, (event) => progress.tell(event), stop.signal);
      const report = await Promise.race([ticking, signals.second]);
      if (typeof report === "string") return signalCode(report);
      const { passedOver } = progress;
      if (session.json) session.document(tickView(report, passedOver, loaded.problems));
      else session.print(...summary(report, passedOver, config, session.io.clock.now()));
      if (report.ticked === null) return signalCode(await signals.first);
      return report.runs.some(({ state }) => state === "failed") ? 1 : 0;
    } finally {
      signals.close();
    }
  },
});

function tellProblem(session: Session, problem: Problem): void {
  const mark = problem.severity === "error" ? session.err.bad("✗") : session.err.doubtful("!");
  session.say(`${mark} ${plainLines(formatProblem(problem))}`);
}

type Gap = Extract<EngineEvent, { readonly kind: "gap" }>;

/** What happens, on stderr, in the words of `up`. */
class Progress {
  /** Occurrences that became no run when they were planned. */
  readonly passedOver: Gap[] = [];
  readonly #session: Session;
  readonly #config: Config;
  readonly #troubles = new Troubles();

  constructor(session: Session, config: Config) {
    this.#session = session;
    this.#config = config;
  }

  tell(event: EngineEvent): void {
    if (event.kind === "gap") this.passedOver.push(event);
    const { log, timeZone } = this.#config;
    if (!isTold(levelOf(event), log.level)) return;
    const now = this.#session.io.clock.now();
    const times = event.kind === "trouble" ? this.#timesOf(event, now) : 1;
    if (times === null) return;
    const outlook = { now, timeZone, next: null, times, style: this.#session.err };
    const line = eventLine(event, outlook);
    if (line !== null) this.#session.say(line);
  }

  #timesOf(event: EngineEvent & { kind: "trouble" }, now: number): number | null {
    return this.#troubles.count(event.service, messageOf(event.error), now);
  }
}

/** What a tick did, for programs. */
function tickView(report: TickReport, passedOver: readonly Gap[], problems: readonly Problem[]) {
  const { ticked, node, runs, waiting } = report;
  return {
    tickedAt: iso(ticked?.at ?? null),
    lastTickedAt: iso(ticked?.lastAt ?? null),
    node,
    interrupted: ticked === null,
    runs: runs.map(runView),
    passedOver: passedOver.map(({ task, reason, count, fromAt, toAt }) => ({
      task,
      reason,
      count,
      from: iso(fromAt),
      to: iso(toAt),
    })),
    waiting: waiting.map(runView),
    problems,
  };
}

/** The answer: what was done since when, and what is left. */
function summary(
  { ticked, runs, waiting }: TickReport,
  passedOver: readonly Gap[],
  { timeZone }: Config,
  now: number,
): string[] {
  const missed = passedOver.reduce((sum, { count }) => sum + count, 0);
  const did = [
    ...statesWords(runs.map(({ state }) => state)),
    ...(missed === 0 ? [] : [`${counted(missed, "occurrence")} passed over`]),
  ];
  const lines = [
    ticked === null ? "Interrupted." : sinceWords(ticked.lastAt, ticked.at, timeZone),
    did.length === 0 ? "Nothing was due." : `${did.join(", ")}.`,
  ];
  const [first] = waiting.flatMap(({ readyAt }) => readyAt ?? []).sort((a, b) => a - b);
  if (waiting.length > 0) {
    const from = first === undefined ? "" : `, the first ${relativeWords(first, now)}`;
    lines.push(`${counted(waiting.length, "run waits", "runs wait")} for a later tick${from}.`);
  }
  return lines.map(plain);
}

function statesWords(states: readonly string[]): string[] {
  const told = ["succeeded", "failed", "cancelled", "running", "pending"] as const;
  const words = { pending: "to be tried again", running: "still running" };
  return told.flatMap((state) => {
    const count = states.filter((one) => one === state).length;
    const word = state === "pending" || state === "running" ? words[state] : state;
    return count === 0 ? [] : [`${counted(count, "run")} ${word}`];
  });
}

function sinceWords(lastAt: number | null, at: number, timeZone: string): string {
  const until = instantWords(at, timeZone);
  return lastAt === null
    ? `Ticked at ${until}, for the first time: what is new counts from now on.`
    : `Ticked at ${until}, for the time since ${instantWords(lastAt, timeZone)}.`;
}
