import type { Problem } from "../define/problem.ts";
import type { EngineEvent } from "../engine/events.ts";
import type { LogBatch } from "../log.ts";
import type { NodeReload } from "../main.ts";
import { incidentView } from "../views/incident.ts";
import { isoInstants } from "../views/instant.ts";
import { Forecast } from "./forecast.ts";
import type { Session } from "./session.ts";
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

/** What happens on a node as JSON lines: `{ at, level, event, … }`, instants in ISO. */
export class JsonReporter implements Reporter {
  readonly #session: Session;
  readonly #least: LogLevel;
  readonly #troubles = new Troubles();
  readonly #lines = new OutputLines();

  constructor(session: Session, least: LogLevel) {
    this.#session = session;
    this.#least = least;
  }

  up({ config, node, tasks, problems, http }: Up): void {
    const names = tasks.map(({ definition }) => definition.task);
    const forecast = new Forecast(tasks.map(({ definition }) => definition));
    const now = this.#session.io.clock.now();
    const { heartbeat } = config.node;
    const next = names
      .flatMap((task) => ({ task, dueAt: forecast.next(task, now) }))
      .filter(({ dueAt }) => dueAt !== null)
      .sort((a, b) => (a.dueAt ?? 0) - (b.dueAt ?? 0));
    this.#tell("info", "up", {
      node,
      store: config.store.shown,
      config: config.file,
      timeZone: config.timeZone,
      http,
      tasks: names,
      next,
      watchedBy: heartbeat === null ? null : { kind: heartbeat.kind, host: heartbeat.host },
    });
    this.#tellProblems(problems);
  }

  reloaded({ tasks, problems, changed }: NodeReload): void {
    const names = tasks.map(({ definition }) => definition.task);
    this.#tell("info", "reloaded", { tasks: names, changed });
    this.#tellProblems(problems);
  }

  event(event: EngineEvent): void {
    this.#lines.hear(event);
    const { kind, ...rest } = event;
    if (event.kind === "incident") {
      const { step, incident, channels } = event;
      const { alerts: _, ...facts } = incidentView(incident, []);
      this.#tell(levelOf(event), kind, { step, ...facts, channels });
      return;
    }
    if (event.kind === "alert") {
      const error = event.error === null ? null : messageOf(event.error);
      this.#tell(levelOf(event), kind, { ...rest, error });
      return;
    }
    if (event.kind !== "trouble") {
      this.#tell(levelOf(event), kind, rest);
      return;
    }
    const { error, retryInMs } = event;
    const service = subjectOf(event);
    const message = messageOf(error);
    const times = this.#troubles.count(service, message, this.#session.io.clock.now());
    if (times !== null) this.#tell("warn", kind, { service, message, times, retryInMs });
  }

  output(batches: readonly LogBatch[]): void {
    for (const line of this.#lines.of(batches)) {
      const { run, task, attempt, stream, text, at, level } = line;
      const fields: unknown = line.fields === null ? null : JSON.parse(line.fields);
      this.#tell(level ?? "info", "output", { run, task, attempt, stream, text, fields }, at);
    }
  }

  stopping(graceMs: number): void {
    this.#tell("info", "asked-to-stop", { graceMs });
  }

  down(): void {
    this.#tell("info", "down", {});
  }

  close(): void {}

  #tellProblems(problems: readonly Problem[]): void {
    for (const { severity, ...problem } of problems) {
      this.#tell(severity === "error" ? "error" : "warn", "problem", { ...problem });
    }
  }

  #tell(level: LogLevel, event: string, fields: object, happenedAt?: number): void {
    if (!isTold(level, this.#least)) return;
    const at = new Date(happenedAt ?? this.#session.io.clock.now()).toISOString();
    this.#session.print(this.#session.jsonText({ at, level, event, ...isoInstants(fields) }));
  }
}
