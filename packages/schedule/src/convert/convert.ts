import { EverySchedule } from "../dialects/every.ts";
import { durationWords } from "../duration.ts";
import { ScheduleError } from "../errors.ts";
import { LINT_FROM_AT } from "../finding.ts";
import { localText } from "../local-time.ts";
import { parse, type Schedule } from "../schedule.ts";
import { type Zone, zoneOf } from "../zone.ts";
import { type Difference, differenceBetweenChanges, firstDifference } from "./difference.ts";
import { elapsedText } from "./elapsed-text.ts";
import { bothGiven } from "./field-values.ts";
import { bothWanted, fiveFields } from "./five-fields.ts";
import { observe } from "./observed.ts";
import { questionFields } from "./question-fields.ts";
import { cannotSay } from "./refusal.ts";
import { isExpression, type Shape, writtenShape } from "./shape.ts";
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

/** Writes a shape in all ways that may do, the likeliest first. */
type Writer = (shape: Shape, timeZone: string) => readonly string[];

const WRITERS: Readonly<Record<ConvertDialect, Writer>> = {
  unix: (shape) => fiveFields(shape, "unix"),
  kubernetes: (shape) => fiveFields(shape, "kubernetes"),
  gcp: (shape) => fiveFields(shape, "gcp"),
  aws: (shape) => [questionFields(shape, "aws")],
  quartz: (shape) => [questionFields(shape, "quartz")],
  systemd: (shape, timeZone) => [systemdText(shape, timeZone)],
};

/**
 * The schedule in another dialect: due at the same instants in the forty years from `from` on, the
 * changes of its zone's clock included. It goes by what the schedule means, not by how it was
 * written. Where the two would part at a change of the clock, and where it counts elapsed time, it
 * may come to be in UTC, where no clock is changed.
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
  const timeZone = zoneNameOf(schedule);
  const itself = schedule.dialect === dialect && timeZone === schedule.timeZone;
  if (itself && isExpression(schedule)) return schedule;
  const shape = timeZone === null ? null : writtenShape(schedule);
  const own = attempt(schedule, shape, dialect, timeZone ?? "UTC", from);
  if (own.kind === "written" && own.difference === null) return own.to;
  if (timeZone !== "UTC") {
    const inUtc = attempt(schedule, null, dialect, "UTC", from);
    if (inUtc.kind === "written" && inUtc.difference === null) return inUtc.to;
  }
  if (timeZone === null) {
    const problem = `${dialect} takes no offset such as ${schedule.timeZone}`;
    cannotSay(problem, "choose a time zone by its name");
  }
  if (schedule instanceof EverySchedule) return elapsed(schedule, own, dialect, approximately);
  if (own.kind === "shapeless")
    cannotSay(own.why, "convert its parts one by one, or write it anew");
  if (own.kind === "unsaid") throw own.error;
  return nearly(schedule, own, dialect, from, approximately);
}

/** What comes nearest, where only clock changes keep it apart and that is taken. */
function nearly(
  schedule: Schedule,
  { to, shape, difference }: Written,
  dialect: ConvertDialect,
  from: number,
  approximately: boolean,
): Schedule {
  const elsewhere = differenceBetweenChanges(schedule, to, from);
  if (elsewhere !== null) {
    tellEnds(schedule, to, elsewhere, from);
    if (bothGiven(shape.fields)) bothWanted(shape.fields, dialect);
    const hint = "write it anew, in several schedules";
    cannotSay(`nothing in ${dialect} is due at the same times`, hint);
  }
  if (difference !== null && !approximately) tellParting(schedule, to, difference);
  return to;
}

/** The nearest that a dialect has; `difference` is the first from it, `null` where there is none. */
interface Written {
  readonly kind: "written";
  readonly shape: Shape;
  readonly to: Schedule;
  readonly difference: Difference | null;
}

type Attempt =
  | Written
  /** It has no shape by the clock of the zone. */
  | { readonly kind: "shapeless"; readonly why: string }
  /** The dialect has no words for its shape. */
  | { readonly kind: "unsaid"; readonly error: ScheduleError };

/** @param written its shape by the clock of the zone, where its dialect has one. */
function attempt(
  schedule: Schedule,
  written: Shape | null,
  dialect: ConvertDialect,
  timeZone: string,
  from: number,
): Attempt {
  if (schedule.timeZone.includes(","))
    return { kind: "shapeless", why: "its parts have different time zones" };
  const zone = zoneOf(timeZone);
  const shape = written ?? observe(schedule, zone, from);
  if (typeof shape === "string") return { kind: "shapeless", why: shape };
  let nearest: Written | null = null;
  try {
    for (const expression of expressionsOf(schedule, shape, dialect, zone, from)) {
      const to = parse(expression, dialect === "systemd" ? { dialect } : { dialect, timeZone });
      const difference = firstDifference(schedule, to, from);
      if (difference === null) return { kind: "written", shape, to, difference };
      const later = nearest?.difference == null || nearest.difference.at < difference.at;
      if (later) nearest = { kind: "written", shape, to, difference };
    }
  } catch (error) {
    if (!(error instanceof ScheduleError) || error.code !== "convert") throw error;
    return { kind: "unsaid", error };
  }
  if (nearest === null) throw new TypeError("a writer writes something or says why not");
  return nearest;
}

function expressionsOf(
  schedule: Schedule,
  shape: Shape,
  dialect: ConvertDialect,
  zone: Zone,
  from: number,
): readonly string[] {
  const at = dialect === "aws" ? schedule.next(from - 1) : null;
  const once = at !== null && schedule.next(at) === null;
  return once ? [atText(at, zone)] : WRITERS[dialect](shape, zone.name);
}

/** Of EventBridge Scheduler, by the clock of the zone. */
function atText(at: number, zone: Zone): string {
  const local = new Date(at + zone.spanAt(at).offsetMs).toISOString();
  return `at(${local.slice(0, "2026-12-01T09:00:00".length)})`;
}

/** Other systems name zones; an offset of whole hours has a name, of others there is `null`. */
function zoneNameOf({ timeZone }: Schedule): string | null {
  const [, sign, hours = "", minutes] = /^([+-])(\d\d):(\d\d)$/.exec(timeZone) ?? [];
  if (sign === undefined) return timeZone;
  const east = Number(hours) * (sign === "+" ? 1 : -1);
  if (minutes !== "00" || east > 14 || east < -12) return null;
  return east === 0 ? "UTC" : `Etc/GMT${east > 0 ? "-" : "+"}${Math.abs(east)}`;
}

/** What counts elapsed time elsewhere counts it from when it was made there. */
function elapsed(
  schedule: EverySchedule<string> & Schedule,
  byClock: Attempt,
  dialect: ConvertDialect,
  approximately: boolean,
): Schedule {
  const { periodMs, anchorAt, timeZone } = schedule;
  const expression = elapsedText(periodMs, dialect);
  if (expression === null) {
    if (byClock.kind === "unsaid") throw byClock.error;
    const problem = `${dialect} cannot say every ${durationWords(periodMs)}: it goes by the clock, where that does not come out even`;
    cannotSay(problem, "choose an interval that divides the hour or the day");
  }
  // What another system counts, it counts from when it was made there, too.
  if (!approximately && schedule.dialect === "every") {
    const problem = `${dialect} counts ${expression} from when it is made there, not from ${localText(anchorAt, zoneOf("UTC"))} UTC`;
    cannotSay(problem, "take that by `approximately`, or choose an interval that divides the day");
  }
  return parse(expression, { dialect, timeZone, anchor: anchorAt });
}

const DAY_MS = 86_400_000;
const YEARS_40_MS = 40 * 365.25 * DAY_MS;

/** @throws ScheduleError where the other goes on before the schedule begins, or after it ends. */
function tellEnds(schedule: Schedule, to: Schedule, { at, due }: Difference, from: number): void {
  const first = schedule.next(from - 1);
  const last = schedule.previous(from + YEARS_40_MS);
  if (due === "first" || first === null || last === null) return;
  const place = (instant: number): string =>
    `${localText(instant, zoneOf(schedule.timeZone))} ${schedule.timeZone}`;
  const other = `${JSON.stringify(to.expression)} in ${to.dialect}`;
  if (at < first) {
    const hint = "have it written from then on (`from`), and set it up there by then";
    cannotSay(`it begins at ${place(first)}, and ${other} is due before`, hint);
  }
  if (at > last) {
    const hint = "use a schedule without an end, and remove it there after that";
    cannotSay(`it ends at ${place(last)}, and ${other} goes on`, hint);
  }
}

function tellParting(from: Schedule, to: Schedule, { at, due }: Difference): never {
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
