import type { Written } from "./finding.ts";

/** What is wrong with an expression, a duration, an instant or a zone. */
export type ScheduleErrorCode =
  | "syntax"
  | "range"
  | "step"
  | "name"
  | "never"
  | "reboot"
  | "time-zone"
  | "dialect"
  | "duration"
  | "instant"
  | "convert"
  | "calendar";

export interface ErrorPlace {
  /** Index of the offending text within the expression. */
  readonly position?: number;
  /** Length of the offending text. */
  readonly length?: number;
  /** What to do about it; it also ends the message. */
  readonly hint?: string;
}

/** An expression that cannot be taken. The message says what is wrong and what to write instead. */
export class ScheduleError extends Error {
  readonly code: ScheduleErrorCode;
  readonly position: number;
  readonly length: number;
  readonly hint: string | null;

  constructor(code: ScheduleErrorCode, problem: string, place: ErrorPlace = {}) {
    super(place.hint === undefined ? problem : `${problem}: ${place.hint}`);
    this.name = "ScheduleError";
    this.code = code;
    this.position = place.position ?? 0;
    this.length = place.length ?? 0;
    this.hint = place.hint ?? null;
  }

  /** The same error in a longer text, in which the expression begins at `offset`. */
  movedBy(offset: number): ScheduleError {
    const moved = new ScheduleError(this.code, "", {
      position: this.position + offset,
      length: this.length,
    });
    return Object.assign(moved, { message: this.message, hint: this.hint });
  }
}

/** Refuses a part of an expression: what is wrong with it, and what to do. */
export function refuse(
  { text, position }: Written,
  problem: string,
  hint: string,
  code: ScheduleErrorCode = "syntax",
): never {
  throw new ScheduleError(code, problem, { position, length: text.length, hint });
}

/** Reads a part that stands at `offset`, so that errors tell the place in the whole. */
export function readAt<Value>(offset: number, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw error instanceof ScheduleError ? error.movedBy(offset) : error;
  }
}

/** Foreign text as it may stand in a message: in quotes, short, on one line. */
export function quote(text: string): string {
  return JSON.stringify(clip(text));
}

export function clip(text: string): string {
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}
