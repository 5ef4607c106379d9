import assert from "node:assert/strict";
import type { LogBatch, LogLine, LogQuery, Logs } from "../log.ts";

export const NOON: number = Date.UTC(2026, 2, 8, 12);
export const DAY_MS = 86_400_000;
export const ALL: Omit<LogQuery, "run"> = {
  fromAt: NOON,
  untilAt: null,
  attempt: null,
  after: null,
  limit: 10_000,
};

export function line(text: string, at: number, attempt: number): LogLine {
  return { at, attempt, stream: "stdout", level: null, text, fields: null };
}

export interface BatchOptions {
  readonly run?: string;
  readonly attempt?: number;
  readonly at?: number;
  readonly forget?: LogBatch["forget"];
}

export function batch(
  firstLine: number,
  texts: readonly string[],
  options: BatchOptions = {},
): LogBatch {
  const { run = "r", attempt = 1, at = NOON, forget = null } = options;
  return { run, attempt, firstLine, lines: texts.map((text) => line(text, at, attempt)), forget };
}

export async function textsOf(logs: Logs, query: Partial<LogQuery> = {}): Promise<string[]> {
  const { lines } = await logs.read({ run: "r", ...ALL, ...query });
  return lines.map(({ text }) => text);
}

/** All of a run, page by page. */
export async function readThrough(logs: Logs, limit: number): Promise<string[]> {
  const texts: string[] = [];
  let after: string | null = null;
  for (;;) {
    const { lines, cursor } = await logs.read({ run: "r", ...ALL, after, limit });
    if (cursor === after) return texts;
    assert.ok(lines.length <= limit);
    texts.push(...lines.map(({ text }) => text));
    after = cursor;
  }
}
