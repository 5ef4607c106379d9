/*
 * RRULE libraries side by side: next() near DTSTART and far from it, walking and asked anew. Run it
 * directly for a table. python-dateutil is measured too where python3 has it. It is processor time
 * that is measured, so that other work on the machine counts for little.
 */
import { spawnSync } from "node:child_process";
import { parse } from "@belfry/schedule";
import { RRuleTemporal } from "rrule-temporal";
import { median } from "./figures.ts";

const RULES = [
  "FREQ=DAILY",
  "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE,FR",
  "FREQ=MONTHLY;BYDAY=-1FR",
  "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
  "FREQ=YEARLY",
  "FREQ=YEARLY;BYMONTH=3;BYDAY=2SU",
  "FREQ=HOURLY;INTERVAL=6",
  "FREQ=MINUTELY;INTERVAL=15;BYHOUR=9,10,11",
  "FREQ=SECONDLY;INTERVAL=90",
];
const ZONES = ["UTC", "America/New_York"];
const START = "20200106T090000";
/** Where a walk begins: it goes on for 25 years and begins again. */
const PLACES: Readonly<Record<"near" | "far", number>> = {
  near: Date.UTC(2020, 1, 1),
  far: Date.UTC(2060, 5, 1),
};
const WALK_MS = 25 * 365 * 86_400_000;
const STEPS = 20;
const ROUNDS = 5;
const ROUND_MS = 60;

type Place = keyof typeof PLACES;

export interface RuleFigures {
  readonly rule: string;
  readonly timeZone: string;
  readonly place: Place;
  /** Calls a second, each going on from the last answer; `null` where it was not measured. */
  readonly belfry: number;
  readonly rruleTemporal: number;
  readonly dateutil: number | null;
}

export async function run(): Promise<readonly RuleFigures[]> {
  const figures: RuleFigures[] = [];
  for (const timeZone of ZONES) {
    for (const rule of RULES) {
      for (const place of ["near", "far"] as const) {
        const text = `DTSTART;TZID=${timeZone}:${START}\nRRULE:${rule}`;
        const from = PLACES[place];
        const [belfry = 0, rruleTemporal = 0] = ratesOf([
          belfryWalk(text, from),
          temporalWalk(text, from),
        ]);
        figures.push({
          rule,
          timeZone,
          place,
          belfry,
          rruleTemporal,
          dateutil: timeZone === "UTC" ? dateutilRate(rule, from) : null,
        });
      }
    }
  }
  return figures;
}

function belfryWalk(text: string, from: number): () => void {
  const schedule = parse(text, { dialect: "rrule" });
  let at = from;
  return () => {
    for (let step = 0; step < STEPS; step++) at = schedule.next(at) ?? from;
    if (at > from + WALK_MS) at = from;
  };
}

function temporalWalk(text: string, from: number): () => void {
  const rule = new RRuleTemporal({ rruleString: text });
  let at = from;
  return () => {
    for (let step = 0; step < STEPS; step++) {
      at = rule.next(new Date(at))?.epochMilliseconds ?? from;
    }
    if (at > from + WALK_MS) at = from;
  };
}

/** Medians of some rounds in turn, the first of which only warms up. */
function ratesOf(walks: readonly (() => void)[]): number[] {
  const rounds = Array.from({ length: ROUNDS + 1 }, () => walks.map(rate)).slice(1);
  return walks.map((_, index) => median(rounds.map((rates) => rates[index] ?? 0)));
}

function rate(walk: () => void): number {
  const from = process.cpuUsage();
  for (let walks = 1, enough = 1; ; walks++) {
    walk();
    if (walks < enough) continue;
    const { user, system } = process.cpuUsage(from);
    const ms = (user + system) / 1000;
    if (ms > ROUND_MS) return (walks * STEPS * 1000) / ms;
    // Asking for the time takes longer than a step.
    enough *= 2;
  }
}

/** On a clock without changes; after() searches from DTSTART each time, or from its cache. */
function dateutilRate(rule: string, from: number): number | null {
  const script = `
import sys, time
from datetime import datetime, timezone
from dateutil.rrule import rrulestr
rule = rrulestr(sys.argv[1], dtstart=datetime.strptime("${START}", "%Y%m%dT%H%M%S"))
first = datetime.fromtimestamp(${from / 1000}, timezone.utc).replace(tzinfo=None)
calls, began = 0, time.process_time()
while time.process_time() - began < 0.3:
    at = first
    for _ in range(${STEPS}):
        at = rule.after(at)
        calls += 1
        if time.process_time() - began > 2: break
print(calls / (time.process_time() - began))
`;
  const { status, stdout } = spawnSync("python3", ["-c", script, rule], { encoding: "utf8" });
  return status === 0 ? Number(stdout) : null;
}

export function print(figures: readonly RuleFigures[]): void {
  console.log(`Node ${process.versions.node}, next()/s from DTSTART ${START}\n`);
  console.log(
    "| zone | rule | from | belfry | rrule-temporal | belfry is | dateutil | belfry is |",
  );
  console.log("|---|---|---|---:|---:|---:|---:|---:|");
  for (const row of figures) {
    const other = row.dateutil;
    const cells = [
      row.timeZone,
      row.rule,
      row.place,
      round(row.belfry),
      round(row.rruleTemporal),
      `${(row.belfry / row.rruleTemporal).toFixed(0)}×`,
      other === null ? "" : round(other),
      other === null ? "" : `${(row.belfry / other).toFixed(0)}×`,
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
}

function round(value: number): string {
  return Math.round(value).toLocaleString("en");
}

if (import.meta.main) print(await run());
