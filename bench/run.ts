/*
 * Every benchmark in one run. Ratios travel from machine to machine, absolute figures do not; run it
 * on a quiet machine. `--json` for the figures, names of benchmarks to run only those.
 */
import * as drain from "./drain.ts";
import * as due from "./due.ts";
import * as embedded from "./embedded.ts";
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
const names = asked.length === 0 ? Object.keys(BENCHES) : asked;
const all: Record<string, unknown> = {};
for (const name of names) {
  const bench = BENCHES[name];
  if (bench === undefined) {
    console.error(`There is no benchmark ${name}: ${Object.keys(BENCHES).join(", ")}.`);
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
