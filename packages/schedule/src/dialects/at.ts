import { ScheduleError } from "../errors.ts";
import type { Finding } from "../finding.ts";
import { localText, readInstant } from "../local-time.ts";
import { checkInstant, Occurrences } from "../occurrences.ts";
import type { Zone } from "../zone.ts";

/** @throws ScheduleError with code `instant`. */
export function parseAt(expression: string, zone: Zone): AtSchedule<"at"> {
  const text = expression.trim().replace(/^at\s+/i, "");
  try {
    return new AtSchedule("at", expression, zone, text, readInstant(text, zone));
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error;
    throw error.movedBy(expression.lastIndexOf(text));
  }
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
    return `Once, at ${localText(this.#dueAt, this.#zone)}, ${this.timeZone}`;
  }

  lint(from?: number): Finding[] {
    const place = {
      position: this.expression.lastIndexOf(this.#text),
      length: this.#text.length,
      fix: null,
    };
    const findings: Finding[] = [];
    const local = localText(this.#dueAt, this.#zone);
    const written = this.#text.replace("T", " ");
    if (!/(z|[+-]\d\d:?\d\d)$/i.test(written) && !written.startsWith(local)) {
      const message = `the clock of ${this.timeZone} skips this time: it is due at ${local}`;
      findings.push({ code: "dst-gap", severity: "warning", message, ...place });
    }
    if (from !== undefined && this.#dueAt < checkInstant(from)) {
      const message = `${local} has passed: it will not run`;
      findings.push({ code: "past", severity: "warning", message, ...place });
    }
    return findings;
  }
}
