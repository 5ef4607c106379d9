import { printTable, round } from "../figures.ts";
import { CONTENDERS, type ContenderName } from "./contender.ts";
import type { CronFigures } from "./cron.ts";
import type { DrainFigures } from "./drain.ts";
import type { EnqueueFigures } from "./enqueue.ts";
import type { HerdFigures } from "./herd.ts";
import type { LatencyFigures } from "./latency.ts";

/** What was measured in one run. */
export interface FleetFigures {
  readonly drain?: DrainFigures;
  readonly enqueue?: EnqueueFigures;
  readonly latency?: LatencyFigures;
  readonly cron?: CronFigures;
  readonly herd?: HerdFigures;
}

/** How many times as good as another Belfry was; above 1 it was better. */
export interface Ratio {
  readonly measure: string;
  readonly against: Readonly<Record<string, number>>;
}

type Values = Readonly<Record<string, number | null | undefined>>;

/** Of figures of one run only: those of two runs, or machines, have no ratio. */
export function ratiosOf({ drain, enqueue, latency, cron, herd }: FleetFigures): readonly Ratio[] {
  const of = <One>(figures: Readonly<Record<string, One>> | null | undefined, pick: Pick<One>) =>
    Object.fromEntries(Object.entries(figures ?? {}).map(([name, one]) => [name, pick(one)]));
  const herds = herd?.filter(({ schedules }) => schedules === 10_000) ?? [];
  const all: readonly Ratio[] = [
    more(
      "drain, jobs a second",
      of(drain, (one) => one.jobsPerSecond),
    ),
    less("CPU of node and server a job", of(drain, cpuOf)),
    less(
      "CPU of the server a job",
      of(drain, (one) => one.serverMicroseconds),
    ),
    more(
      "add one by one",
      of(enqueue, (one) => one.single),
    ),
    more(
      "add, 16 callers",
      of(enqueue, (one) => one.callers),
    ),
    more(
      "add 10,000 at once",
      of(enqueue, (one) => one.bulk),
    ),
    less(
      "added → started, own, p50",
      of(latency, ({ own }) => own.p50),
    ),
    less(
      "added → started, own, p99",
      of(latency, ({ own }) => own.p99),
    ),
    less(
      "added → started, across, p50",
      of(latency, ({ across }) => across.p50),
    ),
    less(
      "added → started, across, p99",
      of(latency, ({ across }) => across.p99),
    ),
    less(
      "due → started, p50",
      of(cron, ({ p50 }) => p50),
    ),
    less(
      "due → started, p99",
      of(cron, ({ p99 }) => p99),
    ),
    less(
      "10,000 due in a second, last started",
      Object.fromEntries(herds.map(({ name, last }) => [name, last])),
    ),
  ];
  return all.filter(({ against }) => Object.keys(against).length > 0);
}

type Pick<One> = (one: One) => number | null | undefined;

function cpuOf(one: { readonly nodeMicroseconds: number; readonly serverMicroseconds: number }) {
  return one.nodeMicroseconds + one.serverMicroseconds;
}

function more(measure: string, values: Values): Ratio {
  return { measure, against: against(values, (ours, theirs) => ours / theirs) };
}

function less(measure: string, values: Values): Ratio {
  return { measure, against: against(values, (ours, theirs) => theirs / ours) };
}

function against(
  { belfry: ours, ...others }: Values,
  ratio: (ours: number, theirs: number) => number,
): Record<string, number> {
  if (typeof ours !== "number") return {};
  return Object.fromEntries(
    Object.entries(others).flatMap(([name, theirs]) =>
      // Nothing counted, in a run too short for it, is no figure.
      typeof theirs === "number" && theirs > 0 && ours > 0
        ? [[name, round(ratio(ours, theirs), 3)]]
        : [],
    ),
  );
}

const COLUMNS: readonly (ContenderName | "croner")[] = [
  ...CONTENDERS.filter((name) => name !== "belfry"),
  "croner",
];

export function printRatios(ratios: readonly Ratio[]): void {
  if (ratios.length === 0) return;
  printTable([
    ["Belfry is so many times as good as", ...COLUMNS],
    ...ratios.map(({ measure, against }) => [
      measure,
      ...COLUMNS.map((name) => (against[name] === undefined ? "" : `${against[name]}×`)),
    ]),
  ]);
}
