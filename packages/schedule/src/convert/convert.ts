import { durationWords } from "../duration.ts";
import { ScheduleError } from "../errors.ts";
import { LINT_FROM_AT } from "../finding.ts";
import { localText } from "../local-time.ts";
import { type ParseOptions, parse, type Schedule } from "../schedule.ts";
import { zoneOf } from "../zone.ts";
import { bothGiven, bothWanted, cannotSay, fiveFields, questionFields } from "./cron-text.ts";
import { type Difference, firstDifference } from "./difference.ts";
import { type Elapsed, type Shape, shapeOf } from "./shape.ts";
import { systemdText } from "./systemd-text.ts";

/** The dialects that `convert` writes. */
export type ConvertDialect = (typeof CONVERT_DIALECTS)[number];

export const CONVERT_DIALECTS = ["unix", "kubernetes", "gcp", "aws", "quartz", "systemd"] as const;

export interface ConvertOptions {
  /** From when on they must be due at the same instants; 2026-01-01T00:00Z unless told. */
  readonly from?: number;
  /**
   * Take what is the same but where the zone's clock is changed, or, for elapsed time, what counts
   * from another instant; `firstDifference` then says where they part.
   */
  readonly approximately?: boolean;
}

type Writer = (shape: Shape, timeZone: string) => readonly string[];

const WRITERS: Readonly<Record<ConvertDialect, Writer>> = {
  unix: (shape) => fiveFields(shape, "unix"),
  kubernetes: (shape) => fiveFields(shape, "kubernetes"),
  gcp: (shape) => fiveFields(shape, "gcp"),
  aws: (shape) => questionFields(shape, "aws"),
  quartz: (shape) => questionFields(shape, "quartz"),
  systemd: systemdText,
};

/**
 * The schedule in another dialect: due at the same instants in the forty years from `from` on, the
 * changes of its zone's clock included. It goes by what the schedule means, not by how it was
 * written.
 *
 * @returns a schedule whose `expression` belongs beside its `timeZone`; systemd's names it itself.
 * @throws ScheduleError with code `convert` that says what cannot be said in that dialect, or at
 * which change of the clock the two would part; with code `dialect` for one that it does not write.
 */
export function convert(
  schedule: Schedule,
  dialect: ConvertDialect,
  options: ConvertOptions = {},
): Schedule {
  if (!Object.hasOwn(WRITERS, dialect)) {
    throw new ScheduleError("dialect", `convert does not write ${JSON.stringify(dialect)}`, {
      hint: `use one of ${CONVERT_DIALECTS.join(", ")}`,
    });
  }
  const { from = LINT_FROM_AT, approximately = false } = options;
  const timeZone = zoneNameOf(schedule, dialect);
  const shape = shapeOf(schedule, from);
  if ("periodMs" in shape) return elapsed(schedule, shape, dialect, approximately);
  let parting: Parting | null = null;
  for (const expression of WRITERS[dialect](shape, timeZone)) {
    const to = parse(expression, dialect === "systemd" ? { dialect } : { dialect, timeZone });
    const difference = firstDifference(schedule, to, from);
    if (difference === null) return to;
    if (parting === null || parting.difference.at < difference.at) parting = { to, difference };
  }
  if (parting === null || !isAtChange(schedule, parting.difference)) {
    if (bothGiven(shape.fields)) bothWanted(shape.fields, dialect);
    cannotSay(
      `nothing in ${dialect} is due at the same times`,
      "write it anew, in several schedules",
    );
  }
  if (!approximately) tellParting(schedule, parting);
  return parting.to;
}

/** Where what comes nearest parts from a schedule. */
interface Parting {
  readonly to: Schedule;
  readonly difference: Difference;
}

/** Other systems name zones; an offset of whole hours has a name. */
function zoneNameOf({ timeZone }: Schedule, dialect: ConvertDialect): string {
  const [, sign, hours = "", minutes] = /^([+-])(\d\d):(\d\d)$/.exec(timeZone) ?? [];
  if (sign === undefined) return timeZone;
  const east = Number(hours) * (sign === "+" ? 1 : -1);
  if (minutes !== "00" || east > 14 || east < -12) {
    throw new ScheduleError("convert", `${dialect} takes no offset such as ${timeZone}`, {
      hint: "choose a time zone by its name",
    });
  }
  return `Etc/GMT${east > 0 ? "-" : "+"}${Math.abs(east)}`;
}

/** What counts elapsed time elsewhere counts it from when it was made there. */
function elapsed(
  schedule: Schedule,
  { periodMs, anchorAt }: Elapsed,
  dialect: ConvertDialect,
  approximately: boolean,
): Schedule {
  const period = durationWords(periodMs);
  const expression =
    dialect === "aws" ? rateOf(periodMs) : dialect === "kubernetes" ? goEvery(periodMs) : null;
  if (expression === null) {
    const problem = `${dialect} cannot say every ${period}: it goes by the clock, where that does not come out even`;
    cannotSay(problem, "choose an interval that divides the hour or the day");
  }
  if (!approximately) {
    const problem = `${dialect} counts ${expression} from when it is made there, not from ${localText(anchorAt, zoneOf("UTC"))} UTC`;
    cannotSay(problem, "take that by `approximately`, or choose an interval that divides the day");
  }
  const options: ParseOptions = { dialect, timeZone: schedule.timeZone, anchor: anchorAt };
  return parse(expression, options);
}

function rateOf(periodMs: number): string | null {
  const units = [
    ["day", 86_400_000],
    ["hour", 3_600_000],
    ["minute", 60_000],
  ] as const;
  const unit = units.find(([, ms]) => periodMs % ms === 0);
  if (unit === undefined) return null;
  const count = periodMs / unit[1];
  return `rate(${count} ${unit[0]}${count === 1 ? "" : "s"})`;
}

function goEvery(periodMs: number): string | null {
  if (periodMs % 1000 !== 0) return null;
  const seconds = periodMs / 1000;
  const parts = [
    [Math.floor(seconds / 3600), "h"],
    [Math.floor(seconds / 60) % 60, "m"],
    [seconds % 60, "s"],
  ] as const;
  const text = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count}${unit}`);
  return `@every ${text.join("")}`;
}

/** Whether a clock change is what makes the difference: it lies within a day of one. */
function isAtChange(schedule: Schedule, { at }: Difference): boolean {
  const { fromAt, toAt } = zoneOf(schedule.timeZone).spanAt(at);
  return at - fromAt < 86_400_000 || toAt - at < 86_400_000;
}

function tellParting(from: Schedule, { to, difference: { at, due } }: Parting): never {
  const [runs, rests] = due === "first" ? [from, to] : [to, from];
  const when = `${localText(at, zoneOf(from.timeZone))} ${from.timeZone}`;
  const problem =
    `${from.dialect} and ${to.dialect} part where the clock is changed: at ${when} ` +
    `${runs.dialect} is due, ${rests.dialect} is not`;
  const same = `${JSON.stringify(to.expression)} is the same at all other times`;
  cannotSay(
    problem,
    `${same}: take that by \`approximately\`, or choose a time that no change touches`,
  );
}
