import { parse, type Schedule, ScheduleError } from "@belfry/schedule";
import { z } from "zod";
import { BelfryError } from "../core/errors.ts";
import { whenView } from "../views/when.ts";
import { readingsOf } from "./expression.ts";
import { readInstant } from "./instants.ts";
import type { Session } from "./session.ts";

/** As of a request's line: a longer one is no schedule. */
const LINE_MAX = 100_000;
const N_MAX = 1_000;
const FEW = 5;
const DAY_MS = 86_400_000;
const BAD_INPUT = 2;

const lineSchema = z.union([
  z.string().transform((expression) => ({ expression })),
  z.strictObject({
    expression: z.string(),
    dialect: z.string().optional(),
    timeZone: z.string().optional(),
    anchor: z.union([z.string(), z.number()]).optional(),
    from: z.string().optional(),
    n: z.int().min(0).max(N_MAX).optional(),
  }),
]);

interface Asked {
  readonly expression: string;
  readonly dialect?: string | undefined;
  readonly timeZone?: string | undefined;
  readonly anchor?: string | number | undefined;
  readonly from?: string | undefined;
  readonly n?: number | undefined;
}

/**
 * Answers each line of standard input, a JSON text or object, with one line of JSON as soon as it has
 * come. A line that cannot be taken is answered with its error, and keeps no other from its answer.
 *
 * @param timeZone of lines that name none.
 * @returns 0, or 2 where there was such a line.
 */
export async function answerLines(session: Session, timeZone: string): Promise<number> {
  let number = 0;
  let failed = false;
  for await (const line of linesOf(session.io.stdin)) {
    number += 1;
    if (line.trim() === "") continue;
    try {
      session.print(session.jsonText(answer(line, timeZone, session.io.clock.now())));
    } catch (error) {
      failed = true;
      session.print(session.jsonText({ line: number, error: errorOf(error) }));
    }
  }
  return failed ? BAD_INPUT : 0;
}

async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
    // What never ends is cut off, and told as too long.
    if (rest.length > 2 * LINE_MAX) rest = rest.slice(0, LINE_MAX + 1);
  }
  yield rest;
}

function answer(line: string, configured: string, now: number): ReturnType<typeof whenView> {
  const asked = read(line);
  const schedule = scheduleOf(asked, asked.timeZone ?? configured);
  const { from, n = FEW } = asked;
  const standpoint = { timeZone: schedule.timeZone, now, bare: "ahead" } as const;
  const fromAt = from === undefined ? now + 1 : readInstant(from, standpoint);
  const next: number[] = [];
  let at = schedule.next(fromAt - 1);
  while (at !== null && next.length < n) {
    next.push(at);
    at = schedule.next(at);
  }
  return whenView(schedule, next, (next[0] ?? now) - DAY_MS);
}

function read(line: string): Asked {
  if (line.length > LINE_MAX) {
    throw new BelfryError("usage", "bad-line", `The line has over ${LINE_MAX} characters.`);
  }
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    const hint =
      'Write "0 9 * * *", or { "expression": "0 9 * * *", "timeZone": "Europe/London" }.';
    throw new BelfryError("usage", "bad-line", "The line is no JSON.", hint);
  }
  const { data, error } = lineSchema.safeParse(value);
  if (data !== undefined) return data;
  const [issue] = error.issues;
  const hint = "Its keys are expression, dialect, timeZone, anchor, from and n.";
  throw new BelfryError("usage", "bad-line", `The line is no schedule: ${issue?.message}.`, hint);
}

function scheduleOf({ expression, dialect, anchor }: Asked, timeZone: string): Schedule {
  const [schedule] = readingsOf(expression, dialect ?? null, timeZone);
  if (anchor === undefined || schedule.dialect === "union") return schedule;
  return parse(expression, { dialect: schedule.dialect, timeZone, anchor });
}

interface LineError {
  readonly code: string;
  readonly message: string;
  readonly position: number | null;
  readonly length: number | null;
  readonly hint: string | null;
}

function errorOf(error: unknown): LineError {
  if (error instanceof ScheduleError) {
    const { code, message, position, length, hint } = error;
    return { code, message, position, length, hint };
  }
  if (!(error instanceof BelfryError)) throw error;
  const { code, message, hint } = error;
  return { code, message, position: null, length: null, hint };
}
