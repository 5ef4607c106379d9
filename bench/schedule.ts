/*
 * Cron libraries side by side: next() and parse(). Each library is measured in a process of its
 * own, whose TZ is the zone in question, since cron-schedule knows no other. Run it directly for a
 * table, with --json for the figures. Ratios travel from machine to machine, absolute figures do not.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { parse } from "@belfry/schedule";
import { CronExpressionParser } from "cron-parser";
import { parseCronExpression } from "cron-schedule";
import { Cron } from "croner";

/** From every minute to 29 February. */
const EXPRESSIONS = [
  "* * * * *",
  "*/5 * * * *",
  "*/15 9-17 * * 1-5",
  "0 * * * *",
  "30 2 * * *",
  "0 0 * * 0",
  "0 6 * * 1-5",
  "0 0 1 * *",
  "15 14 1 * *",
  "0 0 13 * 5",
  "0 0 1 1 *",
  "0 0 29 2 *",
];
const ZONES = ["UTC", "America/New_York"];
const LIBRARIES = ["belfry", "cron-schedule", "croner", "cron-parser"] as const;
const FROM_AT = Date.UTC(2026, 0, 1);
/** cron-schedule throws for 29 February beyond 2096, so everybody starts over before. */
const UNTIL_AT = Date.UTC(2090, 0, 1);
const ROUNDS = 5;
const ROUND_MS = 35;

type Library = (typeof LIBRARIES)[number];

export interface Figures {
  readonly library: string;
  readonly timeZone: string;
  /** Harmonic mean over the expressions. */
  readonly nextPerSecond: number;
  readonly parsePerSecond: number;
  readonly heapBytes: number;
}

/** Successive calls: each goes on from the last answer. Answers the number of calls made. */
type Walk = (expression: string, timeZone: string) => (calls: number) => void;

const WALKS: Readonly<Record<Library, Walk>> = {
  belfry: (expression, timeZone) => {
    const schedule = parse(expression, { timeZone });
    let at = FROM_AT;
    return (calls) => {
      for (let call = 0; call < calls; call++) {
        at = schedule.next(at) ?? FROM_AT;
        if (at > UNTIL_AT) at = FROM_AT;
      }
    };
  },
  "cron-schedule": (expression) => {
    const cron = parseCronExpression(expression);
    let at = new Date(FROM_AT);
    return (calls) => {
      for (let call = 0; call < calls; call++) {
        at = cron.getNextDate(at);
        if (at.getTime() > UNTIL_AT) at = new Date(FROM_AT);
      }
    };
  },
  croner: (expression, timezone) => {
    const cron = new Cron(expression, { timezone, paused: true });
    let at = new Date(FROM_AT);
    return (calls) => {
      for (let call = 0; call < calls; call++) {
        at = cron.nextRun(at) ?? new Date(FROM_AT);
        if (at.getTime() > UNTIL_AT) at = new Date(FROM_AT);
      }
    };
  },
  "cron-parser": (expression, tz) => {
    const cron = CronExpressionParser.parse(expression, { tz, currentDate: new Date(FROM_AT) });
    return (calls) => {
      for (let call = 0; call < calls; call++) {
        if (cron.next().getTime() > UNTIL_AT) cron.reset(new Date(FROM_AT));
      }
    };
  },
};

const PARSERS: Readonly<Record<Library, (expression: string, timeZone: string) => unknown>> = {
  belfry: (expression, timeZone) => parse(expression, { timeZone }),
  "cron-schedule": (expression) => parseCronExpression(expression),
  croner: (expression, timezone) => new Cron(expression, { timezone, paused: true }),
  "cron-parser": (expression, tz) => CronExpressionParser.parse(expression, { tz }),
};

/** Measures each library in each zone, one after the other. */
export async function run(): Promise<readonly Figures[]> {
  const figures: Figures[] = [];
  for (const timeZone of ZONES) {
    for (const library of LIBRARIES) figures.push(await measureApart(library, timeZone));
  }
  return figures;
}

async function measureApart(library: Library, timeZone: string): Promise<Figures> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--expose-gc", import.meta.filename, "--measure", library, timeZone],
    { env: { ...process.env, TZ: timeZone } },
  );
  return JSON.parse(stdout);
}

function measure(library: Library, timeZone: string): Figures {
  let secondsPerCall = 0;
  for (const expression of EXPRESSIONS) {
    secondsPerCall += 1 / medianRate(WALKS[library](expression, timeZone));
  }
  const parser = PARSERS[library];
  const parsePerSecond = medianRate((calls) => {
    for (let call = 0; call < calls; call++) {
      parser(EXPRESSIONS[call % EXPRESSIONS.length] ?? "* * * * *", timeZone);
    }
  });
  return {
    library,
    timeZone,
    nextPerSecond: EXPRESSIONS.length / secondsPerCall,
    parsePerSecond,
    heapBytes: heapPerObject(parser, timeZone),
  };
}

/** Calls a second: the median of some rounds, after one that only warms up. */
function medianRate(work: (calls: number) => void): number {
  let calls = 1;
  while (timeOf(work, calls) < ROUND_MS) calls *= 2;
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) rates.push((calls * 1000) / timeOf(work, calls));
  return rates.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0;
}

function timeOf(work: (calls: number) => void, calls: number): number {
  const from = performance.now();
  work(calls);
  return performance.now() - from;
}

function heapPerObject(
  parser: (expression: string, timeZone: string) => unknown,
  timeZone: string,
): number {
  const objects = 2000;
  const kept: unknown[] = new Array(objects).fill(null);
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < objects; index++) {
    kept[index] = parser(EXPRESSIONS[index % EXPRESSIONS.length] ?? "* * * * *", timeZone);
  }
  globalThis.gc?.();
  return (process.memoryUsage().heapUsed - before) / kept.length;
}

export function print(figures: readonly Figures[]): void {
  console.log(`Node ${process.versions.node}, ${EXPRESSIONS.length} expressions, harmonic mean\n`);
  console.log("| zone | library | next()/s | belfry is | parse()/s | belfry is | heap/object |");
  console.log("|---|---|---:|---:|---:|---:|---:|");
  for (const row of figures) {
    const ours = figures.find((one) => one.library === "belfry" && one.timeZone === row.timeZone);
    if (ours === undefined) continue;
    const cells = [
      row.timeZone,
      row.library,
      Math.round(row.nextPerSecond).toLocaleString("en"),
      `${(ours.nextPerSecond / row.nextPerSecond).toFixed(1)}×`,
      Math.round(row.parsePerSecond).toLocaleString("en"),
      `${(ours.parsePerSecond / row.parsePerSecond).toFixed(1)}×`,
      `${Math.round(row.heapBytes).toLocaleString("en")} B`,
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
}

if (import.meta.main) {
  const [flag, library, timeZone] = process.argv.slice(2);
  const known = LIBRARIES.find((one) => one === library);
  if (flag === "--measure" && known !== undefined && timeZone !== undefined) {
    console.log(JSON.stringify(measure(known, timeZone)));
  } else {
    const figures = await run();
    if (flag === "--json") console.log(JSON.stringify(figures, null, 2));
    else print(figures);
  }
}
