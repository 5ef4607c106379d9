import { DAY_MS, dateText, MINUTE_MS, MINUTES_PER_DAY, pad } from "./civil.ts";
import type { Finding } from "./finding.ts";
import type { LocalSchedule } from "./local-schedule.ts";
import type { Span } from "./zone.ts";

/** Two rounds of the seasons. */
const AHEAD_MS = 2 * 366 * DAY_MS;

/** What the coming clock changes take from a schedule by the wall clock: one finding for each kind. */
export function localFindings(schedule: LocalSchedule, from: number): Finding[] {
  const { zone, times, expression } = schedule;
  if (schedule.elapsed) return [];
  const start = Math.min(Math.max(from, -8e15), 8e15);
  const gaps: string[] = [];
  const overlaps: string[] = [];
  let span: Span | null = zone.spanAfter(zone.spanAt(start));
  for (; span !== null && span.fromAt < start + AHEAD_MS; span = zone.spanAfter(span)) {
    const { offsetMs, startMinute, freshMinute, gapMinutes } = span;
    const strikes = (first: number, end: number): boolean =>
      times.count(first * MINUTE_MS, end * MINUTE_MS, offsetMs) > 0 &&
      schedule.next(span?.fromAt ?? 0) !== null;
    if (gapMinutes > 0 && strikes(startMinute - gapMinutes, startMinute)) {
      gaps.push(period(startMinute - gapMinutes, startMinute));
    } else if (freshMinute > startMinute && strikes(startMinute, freshMinute)) {
      overlaps.push(period(startMinute, freshMinute));
    }
  }
  const findings: Finding[] = [];
  const report = (code: string, severity: Finding["severity"], message: string): void => {
    findings.push({ code, severity, message, position: 0, length: expression.length, fix: null });
  };
  if (gaps.length > 0) {
    report("dst-gap", "warning", `the clock skips ${list(gaps)}: what is due then does not run`);
  }
  if (overlaps.length > 0) {
    report("dst-overlap", "info", `the clock repeats ${list(overlaps)}: runs the first time only`);
  }
  return findings;
}

/** `2026-03-29 01:00 to 02:00`. */
function period(fromMinute: number, toMinute: number): string {
  const day = Math.floor(fromMinute / MINUTES_PER_DAY);
  return `${dateText(day)} ${clock(fromMinute)} to ${clock(toMinute)}`;
}

function clock(minute: number): string {
  const ofDay = minute - Math.floor(minute / MINUTES_PER_DAY) * MINUTES_PER_DAY;
  return `${pad(Math.floor(ofDay / 60))}:${pad(ofDay % 60)}`;
}

function list(texts: readonly string[]): string {
  return texts.join(" and ");
}
