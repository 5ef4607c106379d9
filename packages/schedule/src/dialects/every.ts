import { durationWords, parseDuration, periodWords } from "../duration.ts";
import { readAt, refuse } from "../errors.ts";
import { type Finding, type Written, wholeOf } from "../finding.ts";
import { elapsedDays } from "../lint/schedule-findings.ts";
import { localText, readInstant } from "../local-time.ts";
import { checkInstant, Occurrences } from "../occurrences.ts";
import * as say from "../words/english.ts";
import type { Zone } from "../zone.ts";

const SHORTEST_MS = 1000;
const DAY_MS = 86_400_000;
const END_OF_TIME = 8.64e15;

/** @throws ScheduleError with code `duration`, or `instant` for an anchor that is none. */
export function parseEvery(
  expression: string,
  zone: Zone,
  anchor: number | string | undefined,
): EverySchedule<"every"> {
  const [text = ""] = /\S*$/.exec(expression.trimEnd()) ?? [];
  const position = expression.lastIndexOf(text);
  if (!/^\s*(every\s+)?$/i.test(expression.slice(0, position))) {
    refuse(wholeOf(expression), "an interval is one duration", "write for example 15m or 1h30m");
  }
  const periodMs = readPeriod(text, position);
  return new EverySchedule("every", expression, zone, periodMs, anchorAt(anchor, zone));
}

function readPeriod(text: string, position: number): number {
  const periodMs = readAt(position, () => parseDuration(text));
  if (periodMs < SHORTEST_MS) {
    const problem = `${durationWords(periodMs)} is too short an interval`;
    refuse({ text, position }, problem, "write 1s or more", "duration");
  }
  return periodMs;
}

/** An anchor is no part of the expression. */
const NOTHING: Written = wholeOf("");
const ANCHOR_HINT =
  "give whole milliseconds since 1970-01-01T00:00Z, or a text such as 2026-12-01T09:00";

export function refuseAnchor(range: string): never {
  refuse(NOTHING, `the anchor is not an instant${range}`, ANCHOR_HINT, "instant");
}

/** The instant from which intervals are counted: the epoch unless told. */
export function anchorAt(anchor: number | string | undefined, zone: Zone): number {
  if (anchor === undefined) return 0;
  const instant = typeof anchor === "string" ? readInstant(anchor, zone) : anchor;
  if (!Number.isSafeInteger(instant) || Math.abs(instant) > END_OF_TIME) {
    refuseAnchor("");
  }
  return instant;
}

/** Elapsed time, counted in both directions from the anchor; clock changes do not touch it. */
export class EverySchedule<Name extends string> extends Occurrences {
  readonly dialect: Name;
  readonly expression: string;
  readonly #zone: Zone;
  readonly periodMs: number;
  readonly anchorAt: number;

  constructor(dialect: Name, expression: string, zone: Zone, periodMs: number, anchorAt: number) {
    super();
    this.dialect = dialect;
    this.expression = expression;
    this.#zone = zone;
    this.periodMs = periodMs;
    this.anchorAt = anchorAt;
  }

  get timeZone(): string {
    return this.#zone.name;
  }

  next(after: number): number | null {
    const clamped = Math.max(checkInstant(after), -END_OF_TIME - 1);
    return inTime(this.#at(this.#indexFrom(Math.floor(clamped) + 1)));
  }

  previous(before: number): number | null {
    const clamped = Math.min(checkInstant(before), END_OF_TIME + 1);
    return inTime(this.#at(this.#indexFrom(clamped) - 1));
  }

  count(from: number, to: number): number {
    const first = Math.max(checkInstant(from), -END_OF_TIME);
    const last = Math.min(checkInstant(to), END_OF_TIME + 1);
    return first < last ? this.#indexFrom(last) - this.#indexFrom(first) : 0;
  }

  words(): string {
    const anchor = this.anchorAt === 0 ? "1970-01-01 00:00 UTC" : this.#anchorText();
    return say.interval(periodWords(this.periodMs), null, anchor, false);
  }

  lint(): Finding[] {
    return elapsedDays(this.expression, this.periodMs % DAY_MS === 0, this.#zone);
  }

  #anchorText(): string {
    return `${localText(this.anchorAt, this.#zone)} ${this.timeZone}`;
  }

  /** Which multiple of the period is the first at or after `instant`, reckoned from the phase. */
  #indexFrom(instant: number): number {
    return Math.ceil((instant - this.#phaseMs()) / this.periodMs);
  }

  #at(index: number): number {
    return this.#phaseMs() + index * this.periodMs;
  }

  /** The anchor's distance from a multiple of the period: small, so that every sum stays exact. */
  #phaseMs(): number {
    const rest = this.anchorAt % this.periodMs;
    return rest < 0 ? rest + this.periodMs : rest;
  }
}

function inTime(instant: number): number | null {
  return Math.abs(instant) <= END_OF_TIME ? instant : null;
}
