import { localDate, offsetAt } from "@belfry/schedule";
import type { DownIncident, TaskIncident } from "./incident.ts";

/** What an alert tells in words. */
export interface Told {
  readonly step: "opened" | "closed";
  readonly at: number;
  readonly incident: TaskIncident | DownIncident;
  readonly timeZone: string;
  readonly description: string | null;
  readonly severity: string | null;
  readonly owner: string | null;
  readonly runbook: string | null;
}

export interface AlertText {
  /** One line. */
  readonly subject: string;
  readonly text: string;
  /** Commands that help. */
  readonly remedy: readonly string[];
}

const SUBJECT_LENGTH_MAX = 160;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** @param tail the last lines that the run printed, at the time of sending. */
export function alertText(told: Told, tail: readonly string[]): AlertText {
  const { incident } = told;
  return incident.kind === "down" ? downText(told, incident) : taskText(told, incident, tail);
}

function downText(told: Told, incident: DownIncident): AlertText {
  const { fromAt, untilAt, missed, tasks } = incident;
  const from = instantText(fromAt, told.timeZone);
  const until = instantText(untilAt, told.timeZone);
  const what = downtimeWords(incident);
  const named = Object.entries(tasks).map(([task, count]) => `  ${oneLine(task)}: ${count}`);
  const namedCount = Object.values(tasks).reduce((sum, count) => sum + count, 0);
  const remedy = ["belfry did --all"];
  return {
    subject: clipped(`Belfry was down for ${lengthText(untilAt - fromAt)}: ${what}`),
    text: lines([
      `Belfry was down from ${from} to ${until}: ${what}.`,
      "",
      "Missed:",
      ...named,
      ...(missed > namedCount ? [`  other tasks: ${missed - namedCount}`] : []),
      ...section("What to do:", remedy),
    ]),
    remedy,
  };
}

/** `60 occurrences missed, 1 caught up`. */
export function downtimeWords({ missed, caughtUp }: DownIncident): string {
  return `${counted(missed, "occurrence")} missed, ${caughtUp} caught up`;
}

function taskText(told: Told, incident: TaskIncident, tail: readonly string[]): AlertText {
  const { step, severity, timeZone } = told;
  const remedy = remedyOf(incident, step);
  const { run } = incident;
  const headline = headlineOf(incident, step);
  const since = `Since ${instantText(incident.openedAt, timeZone)}: ${troubleWords(incident)}.`;
  const until =
    step === "closed"
      ? [
          `Closed ${instantText(told.at, timeZone)}, after ${lengthText(told.at - incident.openedAt)}.`,
        ]
      : [];
  const words = [
    ...field("Task", told.description === null ? null : `${incident.task} – ${told.description}`),
    ...field("Severity", severity),
    ...field("Owner", told.owner),
    ...field("Runbook", told.runbook),
    ...field("Run", run?.id ?? null),
    ...field("Reason", run?.reason ?? null),
    ...field("Error", run?.error ?? null),
  ];
  return {
    subject: clipped(severity === null ? headline : `[${oneLine(severity)}] ${headline}`),
    text: lines([
      `${headline}.`,
      since,
      ...until,
      ...(words.length > 0 ? ["", ...words] : []),
      ...(step === "opened" ? section("The end of its output:", tail) : []),
      ...section("What to do:", remedy),
    ]),
    remedy,
  };
}

function headlineOf(incident: TaskIncident, step: Told["step"]): string {
  const task = oneLine(incident.task);
  const { run, closedBy } = incident;
  if (step === "closed") {
    return closedBy === "removal"
      ? `${task} was removed, or no longer runs`
      : `${task} works again`;
  }
  if (run === null) return `${task} could not start in time`;
  const why = run.error === null ? (run.reason ?? "") : run.error;
  return why === "" ? `${task} failed` : `${task} failed: ${oneLine(why)}`;
}

/** `2 runs failed, 1 occurrence came too late`. */
export function troubleWords({ failed, missed }: TaskIncident): string {
  const parts: string[] = [];
  if (failed > 0) parts.push(`${counted(failed, "run")} failed`);
  if (missed > 0) parts.push(`${counted(missed, "occurrence")} came too late`);
  return parts.join(", ");
}

function remedyOf({ task, run }: TaskIncident, step: Told["step"]): readonly string[] {
  if (step === "closed") return [`belfry show ${task}`];
  if (run === null) return [`belfry why ${task}`];
  return [`belfry why ${run.id}`, `belfry logs ${run.id}`, `belfry replay ${run.id}`];
}

function section(title: string, content: readonly string[]): readonly string[] {
  return content.length === 0 ? [] : ["", title, ...content.map((line) => `  ${oneLine(line)}`)];
}

function field(name: string, value: string | null): readonly string[] {
  return value === null ? [] : [`${name}: ${oneLine(value)}`];
}

function lines(all: readonly string[]): string {
  return `${all.join("\n")}\n`;
}

/** What others wrote stands in one line, and moves no cursor. */
function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, " ").trim();
}

function clipped(text: string): string {
  return text.length > SUBJECT_LENGTH_MAX ? `${text.slice(0, SUBJECT_LENGTH_MAX - 1)}…` : text;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** `2026-11-25 02:30:00 Europe/London`. */
function instantText(at: number, timeZone: string): string {
  const clock = new Date(at + offsetAt(at, timeZone)).toISOString().slice(11, 19);
  return `${localDate(at, timeZone)} ${clock} ${timeZone}`;
}

function lengthText(ms: number): string {
  if (ms < MINUTE_MS) return `${Math.round(ms / 1_000)} s`;
  if (ms < HOUR_MS) return `${Math.round(ms / MINUTE_MS)} min`;
  if (ms < DAY_MS) return twoUnits(ms, HOUR_MS, "h", MINUTE_MS, "min");
  return twoUnits(ms, DAY_MS, "d", HOUR_MS, "h");
}

function twoUnits(ms: number, large: number, one: string, small: number, other: string): string {
  const whole = Math.round(ms / small) * small;
  const rest = Math.round((whole % large) / small);
  return `${Math.floor(whole / large)} ${one}${rest === 0 ? "" : ` ${rest} ${other}`}`;
}
