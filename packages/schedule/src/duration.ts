import { quote, refuse } from "./errors.ts";
import { restOf, wholeOf } from "./finding.ts";
import { duration, period, type Unit } from "./words/english.ts";

export type DurationUnit = "ms" | "s" | "m" | "h" | "d" | "w";

/** A length of time as people write it: `"500ms"`, `"90s"`, `"15m"`, `"2h"`, `"1d"`, `"2w"`. */
export type Duration = `${number}${DurationUnit}`;

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
/** A thousand years: enough, and still exact in every sum with an instant. */
const LONGEST_MS = 365_250 * UNITS.d;
const PART = /(\d{1,16}(?:\.\d{1,9})?)(ms|[smhdw])/y;

/**
 * Milliseconds of a duration; compound ones such as `1h30m` go from the larger unit to the smaller.
 * @throws ScheduleError with code `duration`.
 */
export function parseDuration(text: string): number {
  let total = 0;
  let unitBefore = Number.POSITIVE_INFINITY;
  PART.lastIndex = 0;
  for (let at = 0; at < text.length || at === 0; at = PART.lastIndex) {
    const part = PART.exec(text);
    const unit = unitOf(part?.[2]);
    if (part === null || unit === null || unit >= unitBefore) refuseDuration(text, at);
    total += Number(part[1]) * unit;
    unitBefore = unit;
  }
  const rounded = Math.round(total);
  if (Math.abs(total - rounded) > 1e-6) {
    const problem = `duration ${quote(text)} is not a whole number of ms`;
    refuse(wholeOf(text), problem, "write it in a smaller unit", "duration");
  }
  if (rounded > LONGEST_MS) {
    const problem = `duration ${quote(text)} is longer than a thousand years`;
    refuse(wholeOf(text), problem, "write a shorter one", "duration");
  }
  return rounded;
}

function unitOf(text: string | undefined): number | null {
  const [, ms = null] = Object.entries(UNITS).find(([name]) => name === text) ?? [];
  return ms;
}

function refuseDuration(text: string, at: number): never {
  const hint = /^\d+$/.test(text)
    ? `add a unit, for example ${text.slice(0, 16)}s or ${text.slice(0, 16)}m`
    : "write a number and a unit (ms, s, m, h, d, w), for example 15m or 1h30m";
  refuse(restOf(wholeOf(text), at), `${quote(text)} is not a duration`, hint, "duration");
}

/** `90 minutes` as `1 hour 30 minutes`: for sentences. */
export function durationWords(durationMs: number): string {
  return duration(wholeUnits(durationMs));
}

/** `15 minutes`, but `hour` for one hour: what follows "every". */
export function periodWords(durationMs: number): string {
  return period(wholeUnits(durationMs));
}

function wholeUnits(durationMs: number): [number, Unit][] {
  const names: readonly [number, Unit][] = [
    [UNITS.d, "day"],
    [UNITS.h, "hour"],
    [UNITS.m, "minute"],
    [UNITS.s, "second"],
    [UNITS.ms, "millisecond"],
  ];
  if (durationMs > 0 && durationMs % UNITS.w === 0) return [[durationMs / UNITS.w, "week"]];
  const parts: [number, Unit][] = [];
  for (const [size, name] of names) {
    const count = Math.floor(durationMs / size);
    if (count > 0) parts.push([count, name]);
    durationMs -= count * size;
  }
  return parts.length === 0 ? [[0, "second"]] : parts;
}
