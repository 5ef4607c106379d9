/*
 * The dialects beside the programs whose dialects they are: Quartz and robfig/cron, if Debian's
 * libquartz2-java, default-jdk-headless, golang-go and golang-github-robfig-cron-dev are installed,
 * and beside croner and cron-parser. Random expressions, from just before each change of the clock,
 * 1990 to 2037, and from any other instant. Run it with a number of questions and a seed.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Dialect, parse, type Schedule } from "@belfry/schedule";
import { CronExpressionParser } from "cron-parser";
import { Cron } from "croner";
import { below, fiveFields, quartzExpression, type Random, randomFrom } from "./expressions.ts";
import { clockChanges, isNearChange, ZONES } from "./zones.ts";

interface Question {
  readonly expression: string;
  readonly zone: string;
  readonly from: number;
}

/** What a program answers: instants, or `null` where it refuses, or that it never came back. */
type Answer = readonly number[] | null | "hangs";

interface Oracle {
  readonly name: string;
  readonly dialect: Dialect;
  readonly zones: readonly string[];
  readonly expression: (random: Random) => string;
  readonly ask: (questions: readonly Question[]) => Answer[];
}

const COUNT = 8;
const DAY_MS = 86_400_000;
const JARS = "/usr/share/java/quartz2.jar:/usr/share/java/slf4j-api.jar";
const GO_PATH = "/usr/share/gocode";
const SHOWN = 12;

const folder = mkdtempSync(join(tmpdir(), "schedule-oracles-"));
try {
  const [count = "20000", seed = "1"] = process.argv.slice(2);
  for (const oracle of [quartz(), robfig(), croner(), cronParser()]) {
    if (oracle === null) continue;
    compare(oracle, questionsFor(oracle, Number(count), randomFrom(Number(seed))));
  }
} finally {
  rmSync(folder, { recursive: true });
}

function questionsFor(oracle: Oracle, count: number, random: Random): Question[] {
  const changes = new Map(oracle.zones.map((zone) => [zone, clockChanges(zone)]));
  return Array.from({ length: count }, (_, index) => {
    const zone = oracle.zones[index % oracle.zones.length] ?? "UTC";
    const known = changes.get(zone) ?? [];
    const change = known[below(random, known.length)];
    const near = change === undefined ? null : change - below(random, 2 * DAY_MS);
    const anywhere = Date.UTC(1990 + below(random, 48), 0, 1) + below(random, 365) * DAY_MS;
    const from = near === null || random() < 0.3 ? anywhere : near;
    return { expression: oracle.expression(random), zone, from: from - (from % 1000) };
  });
}

function compare(oracle: Oracle, questions: readonly Question[]): void {
  const answers = oracle.ask(questions);
  const counts = new Map<string, number>();
  const shown: string[] = [];
  const different: { question: Question; at: number }[] = [];
  const note = (kind: string, question: Question, detail: string): void => {
    const known = counts.get(kind) ?? 0;
    counts.set(kind, known + 1);
    const wanted = known < SHOWN && kind !== "agrees";
    if (wanted) shown.push(`  ${kind}: ${question.expression} in ${question.zone} ${detail}`);
  };
  for (const [index, question] of questions.entries()) {
    const theirs = answers[index] ?? null;
    const ours = answerOf(oracle.dialect, question);
    if (theirs === "hangs") {
      note("they hang", question, `${ours}`.slice(0, 60));
      continue;
    }
    if (typeof ours === "string" || theirs === null) {
      const both = typeof ours === "string" && (theirs === null || theirs.length === 0);
      if (both) note("agrees", question, "");
      else note(theirs === null ? "only they refuse" : "only we refuse", question, `${ours}`);
      continue;
    }
    const place = theirs.findIndex((instant, at) => instant !== ours[at]);
    const at = Math.min(theirs[place] ?? Infinity, ours[place] ?? Infinity);
    if (place < 0) note("agrees", question, "");
    else if (!isNearChange(at, question.zone)) note("differs", question, told(theirs, ours));
    else different.push({ question, at });
  }
  // Some walk past a change and lose what they find when they start just before it.
  const again = different.map(({ question, at }) => ({ ...question, from: at - 1000 }));
  const second = oracle.ask(again);
  for (const [index, { question }] of different.entries()) {
    const asked = again[index] ?? question;
    const ours = answerOf(oracle.dialect, asked);
    const answer = second[index] ?? [];
    const theirs = answer === "hangs" ? [] : answer;
    const same = typeof ours !== "string" && theirs[0] === ours[0];
    const kind = same ? "depends on its start" : "differs at a change";
    note(kind, question, told(theirs, typeof ours === "string" ? [] : ours));
  }
  console.log(`${oracle.name}: ${questions.length} questions`);
  for (const [kind, count] of counts) console.log(`  ${count} ${kind}`);
  console.log(shown.join("\n"));
}

function told(theirs: readonly number[], ours: readonly number[]): string {
  const text = (instants: readonly number[]): string =>
    instants
      .slice(0, 3)
      .map((instant) => new Date(instant).toISOString().slice(0, 19))
      .join(" ");
  return `theirs ${text(theirs)}, ours ${text(ours)}`;
}

/** Our instants, or the message of our refusal. */
function answerOf(dialect: Dialect, question: Question): readonly number[] | string {
  let schedule: Schedule;
  try {
    schedule = parse(question.expression, { dialect, timeZone: question.zone });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return walk((at) => schedule.next(at), question.from);
}

function walk(next: (at: number) => number | null, from: number): number[] {
  const found: number[] = [];
  for (let at = next(from); at !== null && found.length < COUNT; at = next(at)) found.push(at);
  return found;
}

function askProgram(command: string, words: readonly string[]): Oracle["ask"] {
  return (questions) => {
    const input = questions
      .map(({ expression, zone, from }) => `${expression}\t${zone}\t${from}\t${COUNT}\n`)
      .join("");
    const output = execFileSync(command, words, {
      input,
      maxBuffer: 2 ** 30,
      encoding: "utf8",
      timeout: 300_000,
    });
    return output.trimEnd().split("\n").map(readAnswer);
  };
}

function readAnswer(line: string): Answer {
  if (line === "hangs") return line;
  return line === "refused" ? null : line.split(" ").filter(Boolean).map(Number);
}

function quartz(): Oracle | null {
  const source = join(import.meta.dirname, "Quartz.java");
  try {
    execFileSync("javac", ["-cp", JARS, "-d", folder, source], { stdio: "pipe" });
  } catch {
    console.log("Quartz: not installed (libquartz2-java, default-jdk-headless)");
    return null;
  }
  const ask = askProgram("java", ["-cp", `${JARS}:${folder}`, "Quartz"]);
  return { name: "Quartz", dialect: "quartz", zones: ZONES, expression: quartzExpression, ask };
}

function robfig(): Oracle | null {
  const program = join(folder, "robfig");
  try {
    const environment = { ...process.env, GO111MODULE: "off", GOPATH: GO_PATH };
    const source = join(import.meta.dirname, "robfig.go");
    execFileSync("go", ["build", "-o", program, source], { env: environment, stdio: "pipe" });
  } catch {
    console.log("robfig/cron: not installed (golang-go, golang-github-robfig-cron-dev)");
    return null;
  }
  const expression = (random: Random): string => fiveFields(random, true);
  // It never returns from the day that Samoa skipped.
  const zones = ZONES.filter((zone) => zone !== "Pacific/Apia");
  const ask = askProgram(program, []);
  return { name: "robfig/cron", dialect: "kubernetes", zones, expression, ask };
}

function croner(): Oracle {
  const expression = (random: Random): string => fiveFields(random, false);
  const ask = askLibrary(({ expression: text, zone }) => {
    const cron = new Cron(text, { timezone: zone, paused: true, mode: "5-part" });
    return (at) => cron.nextRun(new Date(at))?.getTime() ?? null;
  });
  return { name: "croner", dialect: "unix", zones: ZONES, expression, ask };
}

function cronParser(): Oracle {
  const expression = (random: Random): string => fiveFields(random, false);
  const ask = askLibrary(({ expression: text, zone }) => (at) => {
    const cron = CronExpressionParser.parse(text, { tz: zone, currentDate: new Date(at) });
    return cron.next().getTime();
  });
  return { name: "cron-parser", dialect: "unix", zones: ZONES, expression, ask };
}

function askLibrary(open: (question: Question) => (at: number) => number | null): Oracle["ask"] {
  return (questions) =>
    questions.map((question) => {
      try {
        return walk(open(question), question.from);
      } catch {
        return null;
      }
    });
}
