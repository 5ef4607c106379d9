import { DAY_MS, FIRST_YEAR, firstDayOfMonth, MINUTE_MS, yearOfDay } from "./civil.ts";
import { quote, refuse } from "./errors.ts";
import { wholeOf } from "./finding.ts";
import { resolveTimeZone, suggestTimeZone } from "./zone-names.ts";

/**
 * A stretch of time with one offset from UTC. Minutes are those of the local clock, counted from
 * 1970-01-01T00:00 local; `startMinute` is the first that begins in the span, `endMinute` the first
 * after it.
 */
export interface Span {
  /** First instant of the span. */
  readonly fromAt: number;
  /** First instant after the span. */
  readonly toAt: number;
  readonly offsetMs: number;
  readonly startMinute: number;
  readonly endMinute: number;
  /** The first minute that no earlier span has shown, as far as an overlap is one (`OVERLAP_MINUTES`). */
  readonly freshMinute: number;
  /** Local minutes that the clock skipped just before the span; they end at `startMinute`. */
  readonly gapMinutes: number;
  /** From here on the change before the span is over, a time as long as its gap included. */
  readonly settledMinute: number;
  /** The first minute that the next span shows again (in an overlap), else `endMinute`. */
  readonly staleMinute: number;
}

export interface Zone {
  readonly name: string;
  /** The name it was asked for by, where `name` is another. */
  readonly alias?: string;
  spanAt(instant: number): Span;
  /** `null` after the last one. */
  spanAfter(span: Span): Span | null;
  /** `null` before the first one. */
  spanBefore(span: Span): Span | null;
}

/**
 * crond takes a clock set back by more than this for a correction, not for the end of summer time
 * (cronie, src/cron.c: it compares the new time with one minute after the old).
 */
const OVERLAP_MINUTES = 181;
/** Beyond the reach of `Date`. */
const FOREVER = 9e15;
/** A zone has never changed its offset twice within six days (checked for 1900 to 2090). */
const PROBE_MS = 6 * DAY_MS;
/** Nearly all clock changes fall on a quarter of an hour, so that is where the search looks first. */
const QUARTER_MS = 15 * MINUTE_MS;
/** Longer than any overlap, so that a year knows the change just before it. */
const LOOKBACK_MS = 2 * DAY_MS;
/** Repeating intervals go on until then. */
const LAST_KEPT_YEAR = 2999;
const CACHE_LIMIT = 2000;

const zones = new Map<string, Zone>();

/** @throws ScheduleError with code `time-zone`. */
export function zoneOf(timeZone: string): Zone {
  const known = zones.get(timeZone);
  if (known !== undefined) return known;
  const resolved = resolveTimeZone(timeZone);
  if (resolved === null) {
    const suggestion = suggestTimeZone(timeZone);
    const hint =
      suggestion === null
        ? "use an IANA name such as Europe/London"
        : `did you mean ${suggestion}?`;
    refuse(wholeOf(""), `unknown time zone ${quote(timeZone)}`, hint, "time-zone");
  }
  const { name, offsetMs } = resolved;
  const isAlias = offsetMs === null && name.toLowerCase() !== timeZone.toLowerCase();
  const zone = isAlias
    ? new NamedZone(name, timeZone)
    : (zones.get(name) ??
      (offsetMs === null ? new NamedZone(name) : new FixedZone(name, offsetMs)));
  if (zones.size < CACHE_LIMIT) {
    if (!isAlias) zones.set(name, zone);
    zones.set(timeZone, zone);
  }
  return zone;
}

/**
 * The first instant at which the local clock has reached `localMs` (milliseconds since 1970-01-01
 * local). In a gap that is the first instant after it, in an overlap the first of the two.
 */
export function instantOfLocal(zone: Zone, localMs: number): number {
  let span = zone.spanAt(localMs - LOOKBACK_MS);
  for (;;) {
    if (span.toAt + span.offsetMs > localMs) return Math.max(span.fromAt, localMs - span.offsetMs);
    const after = zone.spanAfter(span);
    if (after === null) return span.toAt;
    span = after;
  }
}

class FixedZone implements Zone {
  readonly name: string;
  readonly #span: Span;

  constructor(name: string, offsetMs: number) {
    this.name = name;
    this.#span = makeSpan(null, -FOREVER, FOREVER, offsetMs);
  }

  spanAt(): Span {
    return this.#span;
  }

  spanAfter(): null {
    return null;
  }

  spanBefore(): null {
    return null;
  }
}

/** A zone of the IANA database. Each year is read once, when it is first asked for, through `Intl`. */
class NamedZone implements Zone {
  readonly name: string;
  readonly alias?: string;
  readonly #format: Intl.DateTimeFormat;
  /** By their distance from the year before the calendar's first. */
  readonly #years: (readonly Span[] | undefined)[] = [];

  constructor(name: string, alias?: string) {
    this.name = name;
    if (alias !== undefined) this.alias = alias;
    this.#format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      hour: "numeric",
      timeZoneName: "longOffset",
    });
  }

  spanAt(instant: number): Span {
    const spans = this.#year(yearOfDay(Math.floor(instant / DAY_MS)));
    let index = spans.length - 1;
    while (index > 0 && (spans[index]?.fromAt ?? 0) > instant) index--;
    return spans[index] ?? makeSpan(null, instant, instant, 0);
  }

  spanAfter(span: Span): Span | null {
    return span.toAt > 8.64e15 ? null : this.spanAt(span.toAt);
  }

  spanBefore(span: Span): Span | null {
    return span.fromAt < -8.64e15 ? null : this.spanAt(span.fromAt - 1);
  }

  #year(year: number): readonly Span[] {
    const index = year - FIRST_YEAR + 1;
    const known = this.#years[index];
    if (known !== undefined) return known;
    const spans = this.#read(year);
    if (index >= 0 && year <= LAST_KEPT_YEAR) this.#years[index] = spans;
    return spans;
  }

  #read(year: number): readonly Span[] {
    const startAt = firstDayOfMonth(year, 0) * DAY_MS;
    const endAt = firstDayOfMonth(year + 1, 0) * DAY_MS;
    const untilAt = endAt + LOOKBACK_MS;
    const spans: Span[] = [];
    let fromAt = startAt - LOOKBACK_MS;
    let offset = this.#offsetText(fromAt);
    const close = (toAt: number): void => {
      spans.push(makeSpan(spans.at(-1) ?? null, fromAt, toAt, parseOffset(offset)));
      fromAt = toAt;
    };
    for (let probeAt = fromAt; probeAt < untilAt; ) {
      const nextAt = Math.min(probeAt + PROBE_MS, untilAt);
      const text = this.#offsetText(nextAt);
      if (text !== offset) {
        close(this.#changeBetween(probeAt, nextAt, offset));
        offset = text;
      }
      probeAt = nextAt;
    }
    close(untilAt);
    return spans
      .map((span, index) => withStale(span, spans[index + 1]))
      .filter((span) => span.fromAt < endAt && span.toAt > startAt)
      .map((span) => cutSpan(span, startAt, endAt));
  }

  /** The first instant after `lowAt` whose offset is not `offset`; at `highAt` it is not. */
  #changeBetween(lowAt: number, highAt: number, offset: string): number {
    const bisect = (low: number, high: number, step: number): number => {
      while (high - low > step) {
        const middle = Math.floor((low + high) / 2 / step) * step;
        const at = middle <= low ? low + step : middle;
        if (this.#offsetText(at) === offset) low = at;
        else high = at;
      }
      return high;
    };
    const quarter = bisect(lowAt, highAt, QUARTER_MS);
    if (this.#offsetText(quarter - 1000) === offset) return quarter;
    return bisect(Math.max(lowAt, quarter - QUARTER_MS), quarter, 1000);
  }

  #offsetText(instant: number): string {
    const clamped = Math.min(Math.max(instant, -8.64e15), 8.64e15);
    const text = this.#format.format(clamped);
    return text.slice(text.indexOf("GMT"));
  }
}

/** `GMT`, `GMT-05:00` or, before standard time, `GMT-00:44:30`. */
function parseOffset(text: string): number {
  const match = /^GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(text);
  if (match === null) return 0;
  const seconds = Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4] ?? 0);
  return (match[1] === "-" ? -seconds : seconds) * 1000;
}

function makeSpan(before: Span | null, fromAt: number, toAt: number, offsetMs: number): Span {
  const startMinute = Math.ceil((fromAt + offsetMs) / MINUTE_MS);
  const endMinute = Math.ceil((toAt + offsetMs) / MINUTE_MS);
  let freshMinute = startMinute;
  let gapMinutes = 0;
  if (before !== null) {
    const repeated = before.endMinute - startMinute;
    if (repeated < 0) gapMinutes = -repeated;
    else if (repeated <= OVERLAP_MINUTES)
      freshMinute = Math.max(before.endMinute, before.freshMinute);
  }
  const settledMinute = Math.max(freshMinute, startMinute + gapMinutes);
  const minutes = { startMinute, endMinute, freshMinute, gapMinutes, settledMinute };
  return { fromAt, toAt, offsetMs, ...minutes, staleMinute: endMinute };
}

function withStale(span: Span, after: Span | undefined): Span {
  const repeated = after === undefined ? 0 : span.endMinute - after.startMinute;
  if (repeated <= 0 || repeated > OVERLAP_MINUTES) return span;
  return { ...span, staleMinute: span.endMinute - repeated };
}

/** The part of a span from `fromAt` to `toAt`: where it is cut, no clock change counts as near. */
function cutSpan(span: Span, fromAt: number, toAt: number): Span {
  const { offsetMs } = span;
  let { startMinute, freshMinute, endMinute, staleMinute, settledMinute, gapMinutes } = span;
  if (span.fromAt < fromAt) {
    startMinute = Math.ceil((fromAt + offsetMs) / MINUTE_MS);
    freshMinute = Math.max(freshMinute, startMinute);
    settledMinute = freshMinute;
    gapMinutes = 0;
  }
  if (span.toAt > toAt) {
    endMinute = Math.ceil((toAt + offsetMs) / MINUTE_MS);
    staleMinute = Math.min(staleMinute, endMinute);
  }
  const minutes = { startMinute, endMinute, freshMinute, gapMinutes, settledMinute };
  const [start, end] = [Math.max(span.fromAt, fromAt), Math.min(span.toAt, toAt)];
  return { fromAt: start, toAt: end, offsetMs, ...minutes, staleMinute };
}
