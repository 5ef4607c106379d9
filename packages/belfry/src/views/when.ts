import type { Finding, Schedule } from "@belfry/schedule";
import { iso } from "./instant.ts";

export interface WhenView {
  readonly expression: string;
  readonly dialect: string;
  readonly timeZone: string;
  readonly words: string;
  readonly next: readonly string[];
  readonly findings: readonly Finding[];
}

/**
 * What an expression means, as the faces print it.
 * @param from where to look for clock changes from.
 */
export function whenView(schedule: Schedule, next: readonly number[], from: number): WhenView {
  return {
    expression: schedule.expression,
    dialect: schedule.dialect,
    timeZone: schedule.timeZone,
    words: schedule.words(from),
    next: next.map((at) => iso(at)),
    findings: schedule.lint(from).map(({ code, severity, message, position, length, fix }) => ({
      code,
      severity,
      message,
      position,
      length,
      fix,
    })),
  };
}
