/*
 * Every benchmark in one run. Ratios travel from machine to machine, absolute figures do not; run it
 * on a quiet machine. `--json` for the figures, names of benchmarks to run only those. `fleet` runs
 * those on PostgreSQL beside the peers, `fleet NAME …` only some of them; with `--chart=FILE` their
 * drain is drawn as SVG.
 */
import { writeFileSync } from "node:fs";
import { drainChart } from "./chart.ts";
import * as drain from "./drain.ts";
import * as due from "./due.ts";
import * as embedded from "./embedded.ts";
import * as fleetCron from "./fleet/cron.ts";
import * as fleetDrain from "./fleet/drain.ts";
import * as fleetEnqueue from "./fleet/enqueue.ts";
import * as fleetHerd from "./fleet/herd.ts";
import * as fleetHistory from "./fleet/history.ts";
import * as fleetLatency from "./fleet/latency.ts";
import * as fleetNodes from "./fleet/nodes.ts";
import { type FleetFigures, printRatios, ratiosOf } from "./fleet/ratios.ts";
import * as fleetSteady from "./fleet/steady.ts";
import * as herd from "./herd.ts";
import * as history from "./history.ts";
import * as metrics from "./metrics.ts";
import * as rules from "./rules.ts";
import * as schedule from "./schedule.ts";
import * as schedules from "./schedules.ts";

interface Measured<Figures> {
  readonly figures: Figures;
  readonly print: () => void;
}

interface Bench<Figures> {
  run(): Promise<Figures>;
  print(figures: Figures): void;
}

const BENCHES: Readonly<Record<string, () => Promise<Measured<unknown>>>> = {
  schedule: () => measure(schedule),
  rules: () => measure(rules),
  drain: () => measure(drain),
  due: () => measure(due),
  herd: () => measure(herd),
  schedules: () => measure(schedules),
  history: () => measure(history),
  embedded: () => measure(embedded),
  metrics: () => measure(metrics),
};

/** What the fleet's have measured, for their ratios. */
let fleet: FleetFigures = {};

const FLEET: typeof BENCHES = {
  drain: () => kept(fleetDrain, (drain) => ({ drain })),
  enqueue: () => kept(fleetEnqueue, (enqueue) => ({ enqueue })),
  latency: () => kept(fleetLatency, (latency) => ({ latency })),
  cron: () => kept(fleetCron, (cron) => ({ cron })),
  herd: () => kept(fleetHerd, (herd) => ({ herd })),
  history: () => measure(fleetHistory),
  steady: () => measure(fleetSteady),
  nodes: () => measure(fleetNodes),
};

async function measure<Figures>(bench: Bench<Figures>): Promise<Measured<Figures>> {
  const figures = await bench.run();
  return { figures, print: () => bench.print(figures) };
}

async function kept<Figures>(
  bench: Bench<Figures>,
  as: (figures: Figures) => FleetFigures,
): Promise<Measured<Figures>> {
  const measured = await measure(bench);
  fleet = { ...fleet, ...as(measured.figures) };
  return measured;
}

const words = process.argv.slice(2);
const json = words.includes("--json");
const chart = words.find((word) => word.startsWith("--chart="))?.slice("--chart=".length);
const asked = words.filter((word) => !word.startsWith("--"));
const inFleet = asked[0] === "fleet";
const benches = inFleet ? FLEET : BENCHES;
const wanted = inFleet ? asked.slice(1) : asked;
const names = wanted.length === 0 ? Object.keys(benches) : wanted;
const all: Record<string, unknown> = {};
for (const name of names) {
  const bench = benches[name];
  if (bench === undefined) {
    const known = [...Object.keys(benches), ...(inFleet ? [] : ["fleet"])].join(", ");
    console.error(`There is no benchmark ${name}: ${known}.`);
    process.exitCode = 2;
    continue;
  }
  const { figures, print } = await bench();
  all[name] = figures;
  if (json) continue;
  print();
  console.log();
}
const ratios = ratiosOf(fleet);
if (inFleet) all["ratios"] = ratios;
if (json) console.log(JSON.stringify(all, null, 2));
else printRatios(ratios);
if (chart !== undefined && fleet.drain) writeFileSync(chart, drainChart(fleet.drain));
