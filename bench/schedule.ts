/*
 * Cron libraries side by side: next() and parse(). Each library is measured in a process of its
 * own, whose TZ is the zone in question, since cron-schedule knows no other; robfig/cron too, if
 * Debian's golang-go and golang-github-robfig-cron-dev are installed. Run it directly for a table,
 * with --json for the figures. Ratios travel from machine to machine, absolute figures do not; it is
 * processor time that is measured, so that other work on the machine counts for little.
 */
import { execFile, execFileSync } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Dialect, parse } from "@belfry/schedule";
import { CronExpressionParser } from "cron-parser";
import { parseCronExpression } from "cron-schedule";
import { Cron } from "croner";
import { inScratch } from "./scratch.ts";

/** From every minute to 29 February; each dialect has them in its own form. */
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
/** Our dialect of cron by the name of the package, the others by theirs. */
const DIALECTS = ["kubernetes", "gcp", "quartz", "ncrontab", "aws"] as const;
const OTHERS = ["cron-schedule", "croner", "cron-parser"] as const;
const LIBRARIES = ["belfry", ...DIALECTS, ...OTHERS] as const;
const ROBFIG = "robfig/cron";
const GO_PATH = "/usr/share/gocode";
const FROM_AT = Date.UTC(2026, 0, 1);
/** cron-schedule throws for 29 February beyond 2096, so everybody starts over before. */
const UNTIL_AT = Date.UTC(2090, 0, 1);
const ROUNDS = 5;
/** Where processor time is counted in ticks, a round is many of them. */
const ROUND_MS = 100;

type Library = (typeof LIBRARIES)[number];

export interface Figures {
  readonly library: string;
  readonly timeZone: string;
  /** Harmonic mean over the expressions. */
  readonly nextPerSecond: number;
  readonly parsePerSecond: number;
  /** `null` where it was not measured. */
  readonly heapBytes: number | null;
}

/** Successive calls: each goes on from the last answer. Answers the number of calls made. */
type Walk = (expression: string, timeZone: string) => (calls: number) => void;

type Parser = (expression: string, timeZone: string) => unknown;

function walkOf(dialect: Dialect): Walk {
  return (expression, timeZone) => {
    const schedule = parse(expression, { dialect, timeZone });
    let at = FROM_AT;
    return (calls) => {
      for (let call = 0; call < calls; call++) {
        at = schedule.next(at) ?? FROM_AT;
        if (at > UNTIL_AT) at = FROM_AT;
      }
    };
  };
}

function parserOf(dialect: Dialect): Parser {
  return (expression, timeZone) => parse(expression, { dialect, timeZone });
}

/** Quartz and EventBridge count weekdays from 1 and take one of the day fields only. */
function formOf(library: Library, unix: string): string {
  const [minute, hour, day, month, weekday = "*"] = unix.split(" ");
  const week = weekday.replaceAll(/\d/g, (number) => String(Number(number) + 1));
  const oneDay = weekday === "*" ? `${day} ${month} ?` : `? ${month} ${week}`;
  if (library === "quartz") return `0 ${minute} ${hour} ${oneDay}`;
  if (library === "aws") return `cron(${minute} ${hour} ${oneDay} *)`;
  return library === "ncrontab" ? `0 ${unix}` : unix;
}

const WALKS: Readonly<Record<Library, Walk>> = {
  belfry: walkOf("unix"),
  kubernetes: walkOf("kubernetes"),
  gcp: walkOf("gcp"),
  quartz: walkOf("quartz"),
  ncrontab: walkOf("ncrontab"),
  aws: walkOf("aws"),
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

const PARSERS: Readonly<Record<Library, Parser>> = {
  belfry: parserOf("unix"),
  kubernetes: parserOf("kubernetes"),
  gcp: parserOf("gcp"),
  quartz: parserOf("quartz"),
  ncrontab: parserOf("ncrontab"),
  aws: parserOf("aws"),
  "cron-schedule": (expression) => parseCronExpression(expression),
  croner: (expression, timezone) => new Cron(expression, { timezone, paused: true }),
  "cron-parser": (expression, tz) => CronExpressionParser.parse(expression, { tz }),
};

/** Measures each library in each zone, one after the other. */
export async function run(): Promise<readonly Figures[]> {
  return await inScratch(async (folder) => {
    const robfig = buildRobfig(folder);
    const figures: Figures[] = [];
    for (const timeZone of ZONES) {
      for (const library of LIBRARIES) figures.push(await measureApart(library, timeZone));
      if (robfig !== null) figures.push(await measureRobfig(robfig, timeZone));
    }
    return figures;
  });
}

/** The program, or `null` where it cannot be built. */
function buildRobfig(folder: string): string | null {
  const program = join(folder, "robfig");
  const env = { ...process.env, GO111MODULE: "off", GOPATH: GO_PATH };
  const source = join(import.meta.dirname, "robfig.go");
  try {
    execFileSync("go", ["build", "-o", program, source], { env, stdio: "pipe" });
    return program;
  } catch {
    console.error(`${ROBFIG}: not installed (golang-go, golang-github-robfig-cron-dev)`);
    return null;
  }
}

async function measureRobfig(program: string, timeZone: string): Promise<Figures> {
  const { stdout } = await promisify(execFile)(program, [timeZone, ...EXPRESSIONS]);
  const [secondsPerCall = 0, parsePerSecond = 0] = stdout.split(" ").map(Number);
  const nextPerSecond = EXPRESSIONS.length / secondsPerCall;
  return { library: ROBFIG, timeZone, nextPerSecond, parsePerSecond, heapBytes: null };
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
  const expressions = EXPRESSIONS.map((unix) => formOf(library, unix));
  let secondsPerCall = 0;
  for (const expression of expressions) {
    secondsPerCall += 1 / medianRate(WALKS[library](expression, timeZone));
  }
  const parser = PARSERS[library];
  const parsePerSecond = medianRate((calls) => {
    for (let call = 0; call < calls; call++) {
      parser(expressions[call % expressions.length] ?? "", timeZone);
    }
  });
  return {
    library,
    timeZone,
    nextPerSecond: EXPRESSIONS.length / secondsPerCall,
    parsePerSecond,
    heapBytes: heapPerObject(parser, expressions, timeZone),
  };
}

/** How long it takes to read 100,000 expressions of all dialects of cron, in turn. */
function mixedMs(): number {
  const parsers = DIALECTS.flatMap((dialect) =>
    EXPRESSIONS.map((unix) => {
      const expression = formOf(dialect, unix);
      return () => parse(expression, { dialect, timeZone: "America/New_York" });
    }),
  );
  return timeOf((calls) => {
    for (let call = 0; call < calls; call++) parsers[call % parsers.length]?.();
  }, 100_000);
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
  const from = process.cpuUsage();
  work(calls);
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1000;
}

function heapPerObject(parser: Parser, expressions: readonly string[], timeZone: string): number {
  const objects = 2000;
  const kept: unknown[] = new Array(objects).fill(null);
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < objects; index++) {
    kept[index] = parser(expressions[index % expressions.length] ?? "", timeZone);
  }
  globalThis.gc?.();
  return (process.memoryUsage().heapUsed - before) / kept.length;
}

export function print(figures: readonly Figures[]): void {
  console.log(`Node ${process.versions.node}, ${EXPRESSIONS.length} expressions, harmonic mean\n`);
  const others = [...OTHERS, ROBFIG];
  const head = ["zone", "library or dialect", "next()/s"];
  console.log(`| ${[...head, ...others, "parse()/s", ...others, "heap/object"].join(" | ")} |`);
  console.log(`|---|---|${"---:|".repeat(3 + 2 * others.length)}`);
  for (const row of figures) {
    const ratios = (key: "nextPerSecond" | "parsePerSecond"): string[] =>
      others.map((name) => {
        const other = figures.find((one) => one.library === name && one.timeZone === row.timeZone);
        return other === undefined ? "" : `${(row[key] / other[key]).toFixed(1)}×`;
      });
    const cells = [
      row.timeZone,
      row.library,
      Math.round(row.nextPerSecond).toLocaleString("en"),
      ...ratios("nextPerSecond"),
      Math.round(row.parsePerSecond).toLocaleString("en"),
      ...ratios("parsePerSecond"),
      row.heapBytes === null ? "" : `${Math.round(row.heapBytes).toLocaleString("en")} B`,
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
  console.log(`\n100,000 expressions of all dialects of cron: ${Math.round(mixedMs())} ms`);
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
