/*
 * Every benchmark in one run. Ratios travel from machine to machine, absolute figures do not; run it
 * on a quiet machine. `--json` for the figures, names of benchmarks to run only those. `fleet` runs
 * those on PostgreSQL beside the peers, `fleet NAME …` only some of them.
 */
import * as drain from "./drain.ts";
import * as due from "./due.ts";
import * as embedded from "./embedded.ts";
import * as fleetDrain from "./fleet/drain.ts";
import * as fleetEnqueue from "./fleet/enqueue.ts";
import * as fleetLatency from "./fleet/latency.ts";
import * as herd from "./herd.ts";
import * as history from "./history.ts";
import * as metrics from "./metrics.ts";
import * as schedule from "./schedule.ts";
import * as schedules from "./schedules.ts";

interface Measured {
  readonly figures: unknown;
  readonly print: () => void;
}

const BENCHES: Readonly<Record<string, () => Promise<Measured>>> = {
  schedule: () => measure(schedule),
  drain: () => measure(drain),
  due: () => measure(due),
  herd: () => measure(herd),
  schedules: () => measure(schedules),
  history: () => measure(history),
  embedded: () => measure(embedded),
  metrics: () => measure(metrics),
};

const FLEET: typeof BENCHES = {
  drain: () => measure(fleetDrain),
  enqueue: () => measure(fleetEnqueue),
  latency: () => measure(fleetLatency),
};

interface Bench<Figures> {
  run(): Promise<Figures>;
  print(figures: Figures): void;
}

async function measure<Figures>(bench: Bench<Figures>): Promise<Measured> {
  const figures = await bench.run();
  return { figures, print: () => bench.print(figures) };
}

const words = process.argv.slice(2);
const json = words.includes("--json");
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
if (json) console.log(JSON.stringify(all, null, 2));
