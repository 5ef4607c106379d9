import { MINUTE_MS } from "../civil.ts";
import { readAt } from "../errors.ts";
import { type Finding, finding } from "../finding.ts";
import { zoneFindings } from "../lint/zone-findings.ts";
import { localText, readInstant } from "../local-time.ts";
import { checkInstant, Occurrences } from "../occurrences.ts";
import * as say from "../words/english.ts";
import type { Zone } from "../zone.ts";

/** @throws ScheduleError with code `instant`. */
export function parseAt(expression: string, zone: Zone): AtSchedule<"at"> {
  const text = expression.trim().replace(/^at\s+/i, "");
  const dueAt = readAt(expression.lastIndexOf(text), () => readInstant(text, zone));
  return new AtSchedule("at", expression, zone, text, dueAt);
}

/** One instant. */
export class AtSchedule<Name extends string> extends Occurrences {
  readonly dialect: Name;
  readonly expression: string;
  readonly #zone: Zone;
  readonly #text: string;
  readonly #dueAt: number;

  constructor(dialect: Name, expression: string, zone: Zone, text: string, dueAt: number) {
    super();
    this.dialect = dialect;
    this.expression = expression;
    this.#zone = zone;
    this.#text = text;
    this.#dueAt = dueAt;
  }

  get timeZone(): string {
    return this.#zone.name;
  }

  next(after: number): number | null {
    return checkInstant(after) < this.#dueAt ? this.#dueAt : null;
  }

  previous(before: number): number | null {
    return checkInstant(before) > this.#dueAt ? this.#dueAt : null;
  }

  count(from: number, to: number): number {
    return checkInstant(from) <= this.#dueAt && this.#dueAt < checkInstant(to) ? 1 : 0;
  }

  words(): string {
    const words = say.once(localText(this.#dueAt, this.#zone), this.timeZone);
    const change = this.#change();
    return change === null ? words : words + say.instantChanged(change, this.#written);
  }

  lint(from?: number): Finding[] {
    const place = { text: this.#text, position: this.expression.lastIndexOf(this.#text) };
    const local = localText(this.#dueAt, this.#zone);
    const findings: Finding[] = [];
    const change = this.#change();
    if (change === "gap") {
      const message = `the clock of ${this.timeZone} skips this time: it is due at ${local}`;
      findings.push(finding("dst-gap", "warning", message, place));
    } else if (change === "overlap") {
      const message = `the clock of ${this.timeZone} shows this time twice: it is due at the first`;
      findings.push(finding("dst-overlap", "info", message, place));
    }
    if (from !== undefined && this.#dueAt < checkInstant(from)) {
      findings.push(finding("past", "warning", `${local} has passed: it will not run`, place));
    }
    return [...findings, ...zoneFindings(this.#zone, this.expression)];
  }

  /** Whether the clock skips the time that was written, or shows it again. */
  #change(): "gap" | "overlap" | null {
    if (/(z|[+-]\d\d:?\d\d)$/i.test(this.#text)) return null;
    if (!this.#written.startsWith(localText(this.#dueAt, this.#zone))) return "gap";
    const { offsetMs, staleMinute } = this.#zone.spanAt(this.#dueAt);
    return this.#dueAt + offsetMs >= staleMinute * MINUTE_MS ? "overlap" : null;
  }

  /** As it stands in the expression, but for the T. */
  get #written(): string {
    return this.#text.replace(/t/i, " ");
  }
}
