import { localDate } from "@belfry/schedule";
import { downtimeWords, troubleWords } from "../core/alert-text.ts";
import { shortId } from "../core/run-reference.ts";
import type { EngineEvent } from "../engine/events.ts";
import { plain } from "./terminal/escape.ts";
import type { Style } from "./terminal/style.ts";
import {
  clockWords,
  durationWords,
  instantWords,
  rangeWords,
  relativeWords,
  zoneWords,
} from "./terminal/time-words.ts";
import { messageOf, type OutputLine, subjectOf } from "./up-reporter.ts";
import { counted, dressState, gapWords, markOf, stateWords } from "./words.ts";

/** From where a line is written. */
export interface Outlook {
  readonly now: number;
  readonly timeZone: string;
  /** When the task that the event is about is due next, or null. */
  readonly next: number | null;
  /** How often the same trouble came. */
  readonly times: number;
  readonly style: Style;
}

/** An event as one line for a person, or null where there is nothing to tell. */
export function eventLine(event: EngineEvent, outlook: Outlook): string | null {
  const text = textOf(event, outlook);
  if (text === null) return null;
  return `${clockText(outlook.now, outlook)}  ${text}`;
}

/** A line of a run's output, for a person. */
export function outputLine(line: OutputLine, timeZone: string, style: Style): string {
  const { at, task, run, stream, level, text, fields } = line;
  const name = plain(task ?? shortId(run));
  const mark = stream === "stderr" || level === "error" ? style.bad("│") : style.dim("│");
  const said = fields === null ? plain(text) : `${plain(text)} ${style.dim(plain(fields))}`;
  return `${clockText(at, { timeZone, style })}  ${style.dim(name)} ${mark} ${said}`;
}

function clockText(at: number, { timeZone, style }: Pick<Outlook, "timeZone" | "style">): string {
  const clock = clockWords(at, timeZone);
  return style.dim(clock.length === 5 ? `${clock}:00` : clock);
}

function textOf(event: EngineEvent, outlook: Outlook): string | null {
  const { style, timeZone } = outlook;
  switch (event.kind) {
    case "attempt":
      return `${style.underWay("▸")} ${plain(event.task)} started, attempt ${event.number}`;
    case "ended":
      return endedText(event, outlook);
    case "gap": {
      const { task, count, reason, fromAt, toAt } = event;
      const due = rangeWords(fromAt, toAt, timeZone);
      const what = `did not run ${counted(count, "time")}, due ${due}: ${gapWords(reason)}`;
      return `${style.doubtful(markOf("gap"))} ${style.bold(plain(task))} ${what}`;
    }
    case "refused": {
      const what = `another source, ${plain(event.source)}, has a task of this name`;
      return `${style.bad("✗")} ${style.bold(plain(event.task))} is not loaded: ${what}`;
    }
    case "release":
      return style.dim(`  now in force: ${counted(event.tasks, "task")} of ${plain(event.source)}`);
    case "drain":
      return `${style.doubtful("!")} ${drainText(event)}`;
    case "stale":
      return `${style.doubtful("!")} ${style.bold(plain(event.task))} ended here, but others have its run by now: what came of it is not kept`;
    case "forsaken":
      return `${style.doubtful("!")} ${style.bold(plain(event.task))} runs here as far as the store knows, but does not: it goes back as lost`;
    case "dead": {
      const how = event.evidence === "proven" ? "its process is gone" : "its lease ran out";
      return `${style.doubtful("!")} the node ${event.node} is dead (${how}): its runs are taken over`;
    }
    case "declared-dead":
      return `${style.bad("!")} the others declared this node dead; it goes on as a new one`;
    case "restored":
      return `${style.bad("!")} ${restoredText(event, timeZone)}`;
    case "clock":
      return `${style.doubtful("!")} ${jumpText(event.jumpMs, event.holdMs)}`;
    case "trouble": {
      const { error, retryInMs } = event;
      const times = outlook.times > 1 ? ` (${outlook.times} times)` : "";
      const again = retryInMs > 0 ? `; again ${relativeWords(retryInMs, 0)}` : "";
      return `${style.doubtful("!")} ${subjectOf(event)}: ${plain(messageOf(error))}${times}${again}`;
    }
    case "incident":
      return incidentText(event, outlook);
    case "alert":
      return event.result === "sent" ? null : notToldText(event, outlook);
    default:
      return null;
  }
}

function drainText({ wish, running }: EngineEvent & { kind: "drain" }): string {
  if (wish === "off") return "it takes work again";
  const rest = running === 0 ? "" : `; ${counted(running, "run goes", "runs go")} on to the end`;
  return `somebody has it drain: it takes no new work${rest}`;
}

/** Of a failure its own line tells; here stands who else is told. */
function incidentText(
  { step, incident, channels }: EngineEvent & { kind: "incident" },
  { style, timeZone }: Outlook,
): string | null {
  const told =
    channels.length === 0 ? "" : style.dim(`  told to ${channels.map(plain).join(", ")}`);
  if (incident.kind === "down") {
    const { fromAt, untilAt, missed } = incident;
    const when = downWords(fromAt, untilAt, timeZone);
    const mark = missed === 0 ? style.good(markOf("succeeded")) : style.doubtful("!");
    return `${mark} down ${when}: ${downtimeWords(incident)}${told}`;
  }
  const name = style.bold(plain(incident.task));
  if (step === "opened")
    return told === "" ? null : `${style.doubtful("!")} ${name} is in trouble${told}`;
  if (incident.closedBy === "removal") return null;
  const lasted = durationWords((incident.closedAt ?? incident.lastAt) - incident.openedAt);
  const words = `works again after ${lasted}: ${troubleWords(incident)}`;
  return `${style.good(markOf("succeeded"))} ${name} ${words}${told}`;
}

/** `from 2026-11-25 02:30 to 03:30 UTC`. */
function downWords(fromAt: number, untilAt: number, timeZone: string): string {
  const sameDay = localDate(fromAt, timeZone) === localDate(untilAt, timeZone);
  const until = sameDay
    ? `${clockWords(untilAt, timeZone)} ${zoneWords(untilAt, timeZone)}`
    : instantWords(untilAt, timeZone);
  const from = sameDay
    ? `${localDate(fromAt, timeZone)} ${clockWords(fromAt, timeZone)}`
    : instantWords(fromAt, timeZone);
  return `from ${from} to ${until}`;
}

function notToldText(event: EngineEvent & { kind: "alert" }, outlook: Outlook): string {
  const { style, times } = outlook;
  const { channel, task, error, retryAt } = event;
  const what = task === null ? "the downtime" : plain(task);
  const again = retryAt === null ? "" : `; again ${relativeWords(retryAt, outlook.now)}`;
  const often = times > 1 ? ` (${times} times)` : "";
  const why = plain(messageOf(error));
  return `${style.doubtful("!")} ${plain(channel)} could not be told of ${what}: ${why}${often}${again}`;
}

function endedText(event: EngineEvent & { kind: "ended" }, outlook: Outlook): string {
  const { style, now, next } = outlook;
  const { task, state, durationMs, error, retryAt, number, run } = event;
  const name = style.bold(plain(task));
  const said = error === null ? "" : `: ${plain(error.split("\n", 1)[0] ?? "")}`;
  const took = style.dim(durationWords(durationMs));
  if (state === "pending") {
    const again =
      retryAt === null ? "it is tried again" : `tried again ${relativeWords(retryAt, now)}`;
    return `${style.doubtful("↻")} ${name} attempt ${number} failed${said}; ${again}  ${took}`;
  }
  const mark = dressState(state, markOf(state), style);
  const then = next === null ? "" : style.dim(`  next ${relativeWords(next, now)}`);
  if (state === "succeeded") return `${mark} ${name} succeeded  ${took}${then}`;
  const see = state === "failed" ? style.dim(`  belfry logs ${shortId(run)}`) : "";
  return `${mark} ${name} ${dressState(state, stateWords(event), style)}${said}  ${took}${then}${see}`;
}

function restoredText(event: EngineEvent & { kind: "restored" }, timeZone: string): string {
  const { lostFromAt, lostUntilAt } = event;
  const from = instantWords(lostFromAt, timeZone);
  const until = lostUntilAt === null ? "until now" : `until ${instantWords(lostUntilAt, timeZone)}`;
  return (
    `this store is an older copy: of what ran from ${from} ${until} it knows nothing. It is dealt ` +
    "with as a downtime, so what ran then may run again, under the same idempotency key"
  );
}

function jumpText(jumpMs: number, holdMs: number): string {
  const direction = jumpMs < 0 ? "back" : "forward";
  return (
    `the clock went ${direction} by ${durationWords(Math.abs(jumpMs))}: ` +
    `planning waits ${durationWords(holdMs)} to see whether it stays`
  );
}
