import type { CalendarSchedule } from "./calendar-schedule.ts";
import { DAY_MS, dateText, MINUTES_PER_DAY, pad } from "./civil.ts";
import type { Finding } from "./finding.ts";
import type { Span } from "./zone.ts";

/** Two rounds of the seasons. */
const AHEAD_MS = 2 * 366 * DAY_MS;
const ALL_HOURS = 0xffffff;

interface Affected {
  readonly kind: "made-up" | "lost" | "repeated";
  readonly dates: string[];
  readonly fromMinute: number;
  readonly toMinute: number;
}

/** The findings on a dialect of which only the clock changes are looked at. */
export function lintClock(schedule: CalendarSchedule<string>, from: number): Finding[] {
  return clockFindings(schedule, { text: schedule.expression, position: 0 }, from);
}

/** What the coming clock changes of the zone do to a schedule; `place` is where its hours stand. */
export function clockFindings(
  schedule: CalendarSchedule<string>,
  place: { readonly text: string; readonly position: number },
  from: number,
): Finding[] {
  const { clockRule, calendar, zone } = schedule;
  const followsClock = clockRule.overlap === "both";
  // What runs in every hour anyway loses nothing in a gap and repeats itself as it should.
  if (followsClock && calendar.hours === ALL_HOURS) return [];
  const start = Math.min(Math.max(from, -8.64e15), 8.64e15);
  const gaps = new Map<string, Affected>();
  const overlaps = new Map<string, Affected>();
  const strikes = (fromMinute: number, toMinute: number): boolean =>
    calendar.first(fromMinute) < toMinute;
  let span: Span | null = zone.spanAfter(zone.spanAt(start));
  while (span !== null && span.fromAt < start + AHEAD_MS) {
    const { startMinute, freshMinute, gapMinutes } = span;
    if (gapMinutes > 0 && strikes(startMinute - gapMinutes, startMinute)) {
      const kind = gapMinutes <= clockRule.longestGapMinutes ? "made-up" : "lost";
      note(gaps, kind, startMinute - gapMinutes, startMinute);
    }
    if (freshMinute > startMinute && strikes(startMinute, freshMinute)) {
      note(overlaps, "repeated", startMinute, freshMinute);
    }
    span = zone.spanAfter(span);
  }
  const report = (code: string, severity: Finding["severity"], message: string): Finding => ({
    code,
    severity,
    message,
    position: place.position,
    length: place.text.length,
    fix: null,
  });
  const findings: Finding[] = [];
  for (const gap of gaps.values()) {
    const then =
      gap.kind === "made-up"
        ? clockRule.makesUp === "at-once"
          ? `what is due then runs once, at ${clock(gap.toMinute)}`
          : "what is due first then runs as much later as the gap is long"
        : "what is due then does not run";
    const message = `the clock skips ${period(gap)} on ${gap.dates.join(" and ")}: ${then}`;
    findings.push(report("dst-gap", "warning", message));
  }
  for (const overlap of overlaps.values()) {
    const message = `the clock shows ${period(overlap)} twice on ${overlap.dates.join(" and ")}: `;
    const then = followsClock
      ? "what is due then runs both times"
      : `runs the ${clockRule.overlap} time only`;
    findings.push(report("dst-overlap", followsClock ? "warning" : "info", message + then));
  }
  return findings;
}

/** Changes of the same hours are one finding with several dates. */
function note(
  affected: Map<string, Affected>,
  kind: Affected["kind"],
  fromMinute: number,
  toMinute: number,
): void {
  const change = { kind, dates: [dayText(fromMinute)], fromMinute, toMinute };
  const key = `${kind} ${period(change)}`;
  const known = affected.get(key);
  if (known === undefined) affected.set(key, change);
  else known.dates.push(dayText(fromMinute));
}

function dayText(minute: number): string {
  return dateText(Math.floor(minute / MINUTES_PER_DAY));
}

function period({ fromMinute, toMinute }: Pick<Affected, "fromMinute" | "toMinute">): string {
  return `${clock(fromMinute)} to ${clock(toMinute)}`;
}

function clock(minute: number): string {
  const ofDay = minute - Math.floor(minute / MINUTES_PER_DAY) * MINUTES_PER_DAY;
  return `${pad(Math.floor(ofDay / 60))}:${pad(ofDay % 60)}`;
}
