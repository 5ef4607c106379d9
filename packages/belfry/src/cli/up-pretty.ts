import { scheduleId } from "../core/identity.ts";
import type { LoadedTask } from "../define/load.ts";
import type { Problem } from "../define/problem.ts";
import type { EngineEvent } from "../engine/events.ts";
import type { LogBatch } from "../log.ts";
import type { NodeReload } from "../main.ts";
import { VERSION } from "../version.ts";
import { scheduleWords } from "../views/schedule.ts";
import { Forecast } from "./forecast.ts";
import { heartbeatWords } from "./heartbeat-words.ts";
import type { Session } from "./session.ts";
import { plain, plainLines } from "./terminal/escape.ts";
import { durationWords, instantWords, relativeWords } from "./terminal/time-words.ts";
import { eventLine, outputLine } from "./up-lines.ts";
import {
  isTold,
  type LogLevel,
  levelOf,
  messageOf,
  OutputLines,
  type Reporter,
  subjectOf,
  Troubles,
  type Up,
} from "./up-reporter.ts";
import { counted } from "./words.ts";

/** What an error does not stop. */
const OTHERS_RUN = "The other tasks run.";
/** More lines a second than this nobody can read: the rest of the second is summed up. */
const LINES_A_SECOND = 20;

/** What happens on a node, for a person: what it runs, then a line where something ended. */
export class PrettyReporter implements Reporter {
  readonly #session: Session;
  readonly #least: LogLevel;
  readonly #timeZone: string;
  readonly #troubles = new Troubles();
  readonly #lines = new OutputLines();
  #forecast = new Forecast([]);
  /** Events that come while the node starts are told beneath what it runs. */
  #early: EngineEvent[] | null = [];
  #second = { endsAt: 0, lines: 0, left: new Map<string, number>() };
  #flush: () => void = () => {};

  constructor(session: Session, least: LogLevel, timeZone: string) {
    this.#session = session;
    this.#least = least;
    this.#timeZone = timeZone;
  }

  up(up: Up): void {
    this.#forecast = new Forecast(up.tasks.map(({ definition }) => definition));
    if (isTold("info", this.#least)) this.#tellUp(up);
    for (const problem of up.problems) this.#tellProblem(problem);
    const early = this.#early ?? [];
    this.#early = null;
    for (const event of early) this.event(event);
  }

  reloaded({ tasks, problems, changed }: NodeReload): void {
    this.#forecast = new Forecast(tasks.map(({ definition }) => definition));
    if (changed.length > 0 && isTold("info", this.#least)) {
      const what = `${changed.map(plain).join(", ")}; it runs ${counted(tasks.length, "task")}`;
      this.#session.print(this.#session.out.dim(`  edited: ${what}`));
    }
    const rest = changed.length > 0 ? "What was loaded before goes on." : OTHERS_RUN;
    for (const problem of problems) this.#tellProblem(problem, rest);
  }

  event(event: EngineEvent): void {
    this.#lines.hear(event);
    if (this.#early !== null) {
      this.#early.push(event);
      return;
    }
    if (!isTold(levelOf(event), this.#least)) return;
    const now = this.#session.io.clock.now();
    const times = this.#timesOf(event, now);
    if (times === null) return;
    const next = event.kind === "ended" ? this.#forecast.next(event.task, now) : null;
    const view = { now, timeZone: this.#timeZone, next, times, style: this.#session.out };
    const line = eventLine(event, view);
    if (line !== null) this.#tell(event, line, now);
  }

  output(batches: readonly LogBatch[]): void {
    for (const line of this.#lines.of(batches)) {
      if (!isTold(line.level ?? "info", this.#least)) continue;
      this.#session.print(outputLine(line, this.#timeZone, this.#session.out));
    }
  }

  stopping(graceMs: number): void {
    this.#session.say(
      `Stopping: what runs has ${durationWords(graceMs)} to end; once more ends it at once.`,
    );
  }

  down(): void {
    this.#sumUp();
    this.#session.say("Stopped.");
  }

  close(): void {
    this.#flush();
  }

  /** A channel that stays down is trouble that lasts. */
  #timesOf(event: EngineEvent, now: number): number | null {
    if (event.kind === "trouble") {
      return this.#troubles.count(subjectOf(event), messageOf(event.error), now);
    }
    if (event.kind !== "alert" || event.result === "sent") return 1;
    return this.#troubles.count(`channel ${event.channel}`, messageOf(event.error), now);
  }

  #tell(event: EngineEvent, line: string, now: number): void {
    if (now >= this.#second.endsAt) {
      this.#sumUp();
      this.#second = { endsAt: now + 1_000, lines: 0, left: new Map() };
    }
    this.#second.lines += 1;
    if (this.#second.lines <= LINES_A_SECOND) {
      this.#session.print(line);
      return;
    }
    const what = event.kind === "ended" ? event.state : event.kind;
    this.#second.left.set(what, (this.#second.left.get(what) ?? 0) + 1);
    if (this.#second.lines > LINES_A_SECOND + 1) return;
    const { clock } = this.#session.io;
    this.#flush = clock.schedule(this.#second.endsAt, () => this.#sumUp());
  }

  #sumUp(): void {
    this.#flush();
    const parts = [...this.#second.left].map(([what, count]) => `${count} ${what}`);
    this.#second.left.clear();
    if (parts.length > 0) this.#session.print(this.#session.out.dim(`… and ${parts.join(", ")}`));
  }

  #tellUp({ config, node, tasks, http }: Up): void {
    const session = this.#session;
    const { out } = session;
    const now = session.io.clock.now();
    session.print(`${out.bold(`Belfry ${VERSION}`)} runs ${counted(tasks.length, "task")}`, "");
    if (tasks.length > 0) {
      session.table(
        [{ title: "TASK" }, { title: "WHEN", shrinks: true }, { title: "NEXT", shrinks: true }],
        tasks.map((task) => [
          { text: task.definition.task, dress: (text) => out.bold(text) },
          whenWords(task),
          this.#nextWords(task, now),
        ]),
      );
    } else {
      session.print("No task was found: `belfry init` writes a first one.");
    }
    session.print("");
    session.fields([
      ["State", config.store.shown],
      ["Configuration", config.file],
      ["Node", node],
      ["Time zone", config.timeZone],
      ["Health, metrics", http === null ? null : `http://${http} /healthz /readyz /metrics`],
      ["Watched by", watchWords(config)],
      ["Stop", `Ctrl-C: what runs has ${durationWords(config.node.graceMs)} to end`],
    ]);
    session.print("");
  }

  #nextWords({ definition }: LoadedTask, now: number): string {
    const next = this.#forecast.next(definition.task, now);
    if (next === null) return definition.schedules.length === 0 ? "" : "never again";
    return `${instantWords(next, definition.timeZone)} (${relativeWords(next, now)})`;
  }

  #tellProblem(problem: Problem, rest = OTHERS_RUN): void {
    const { severity, file, line, path, message, hint } = problem;
    if (!isTold(severity === "error" ? "error" : "warn", this.#least)) return;
    const { out } = this.#session;
    const place = [file ?? "", line ?? ""].filter((part) => part !== "").join(":");
    const mark = severity === "error" ? out.bad("✗") : out.doubtful("!");
    const subject = [place, path ?? ""].filter((part) => part !== "").join(": ");
    const head = subject === "" ? "" : `${out.bold(plain(subject))}: `;
    this.#session.print(`${mark} ${head}${plainLines(message)}`);
    if (hint !== null) this.#session.print(out.dim(`  ${plainLines(hint)}`));
    if (severity === "error") this.#session.print(out.dim(`  ${rest}`));
  }
}

function watchWords({ node: { heartbeat } }: Up["config"]): string {
  return heartbeat === null
    ? "nobody outside: if it dies, nobody is told (node.heartbeat names who would be)"
    : `the service ${heartbeatWords(heartbeat)}, which hears each minute that it works`;
}

function whenWords({ definition }: LoadedTask): string {
  const { task, schedules } = definition;
  if (schedules.length === 0) return "by hand";
  return schedules.map(({ key, parts }) => scheduleWords(scheduleId(task, key), parts)).join("; ");
}
