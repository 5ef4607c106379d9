import type { Dice } from "../dice.ts";
import { Declarations, type Version } from "./declared.ts";
import type { Weather } from "./faulty-store.ts";

/** Everything about one seed that is decided before it runs. */
export interface Scenario {
  readonly seed: number;
  readonly from: number;
  readonly faultyMs: number;
  readonly quietMs: number;
  readonly crosses: "gap" | "overlap" | null;
  readonly lease: { readonly leaseMs: number; readonly renewMs: number };
  /** How rarely nodes look around; see NodeSettings. */
  readonly pace: number;
  readonly machines: readonly Machine[];
  readonly sources: readonly (readonly [Version, ...Version[]])[];
  /** Whether a host can prove that one of its processes is gone. */
  readonly proof: "probe" | "none";
  readonly executor: "function" | "child";
  readonly weather: Weather;
  readonly scripts: ScriptMood;
  /** Mean time between two of a kind, ms, over the whole world; null: never. */
  readonly faults: FaultRates;
}

/** A place where a process of Belfry runs, one after the other. */
export interface Machine {
  readonly name: string;
  readonly host: string;
  readonly skewMs: number;
  /** Indices of the sources it has code of. */
  readonly sources: readonly number[];
  readonly concurrency: number;
}

export interface ScriptMood {
  readonly fail: number;
  readonly permanent: number;
  readonly hang: number;
  readonly typicalMs: number;
  readonly heedMs: number;
  readonly saves: number;
}

export const FAULTS = [
  "crash",
  "stop",
  "deploy",
  "freeze",
  "cut",
  "away",
  "blackout",
  "jump",
  "skew",
  "trigger",
  "cancel",
  "replay",
  "pause",
  "resume",
  "set",
  "channel",
] as const;
export type Fault = (typeof FAULTS)[number];
export type FaultRates = Readonly<Record<Fault, number | null>>;

const MINUTE_MS = 60_000;

interface Moment {
  readonly zone: string;
  readonly from: string;
  readonly crosses: "gap" | "overlap" | null;
}

/** Places and times where clocks change, or do not. */
const MOMENTS: readonly [Moment, ...Moment[]] = [
  { zone: "UTC", from: "2026-06-10T11:40:00Z", crosses: null },
  { zone: "Asia/Kolkata", from: "2026-06-10T18:10:00Z", crosses: null },
  { zone: "Europe/London", from: "2026-03-29T00:35:00Z", crosses: "gap" },
  { zone: "America/New_York", from: "2026-11-01T05:30:00Z", crosses: "overlap" },
  { zone: "Australia/Lord_Howe", from: "2026-10-03T15:05:00Z", crosses: "gap" },
  { zone: "Australia/Lord_Howe", from: "2026-04-04T14:40:00Z", crosses: "overlap" },
];

/** How often each kind comes about where a seed has it, ms. */
const TYPICAL_MS: Readonly<Record<Fault, number>> = {
  crash: 4 * MINUTE_MS,
  stop: 5 * MINUTE_MS,
  deploy: 3 * MINUTE_MS,
  freeze: 3 * MINUTE_MS,
  cut: 3 * MINUTE_MS,
  away: 8 * MINUTE_MS,
  blackout: 15 * MINUTE_MS,
  jump: 12 * MINUTE_MS,
  skew: 5 * MINUTE_MS,
  trigger: 0.5 * MINUTE_MS,
  cancel: MINUTE_MS,
  replay: 2 * MINUTE_MS,
  pause: 2 * MINUTE_MS,
  resume: 2 * MINUTE_MS,
  set: 2 * MINUTE_MS,
  channel: 3 * MINUTE_MS,
};

/** Draws a seed's world. Each has only some of the faults, so that none hides behind another. */
export function drawScenario(seed: number, minutes: number, dice: Dice): Scenario {
  const moment = dice.pick(MOMENTS);
  const leaseMs = dice.pick([6_000, 10_000, 30_000]);
  const declarations = new Declarations(dice.fork("declarations"), moment.zone);
  const sources = ["a", "b"]
    .slice(0, dice.between(1, 2))
    .map((name) => declarations.versions(name));
  return {
    seed,
    from: Date.parse(moment.from) + dice.between(0, 59_999),
    faultyMs: minutes * MINUTE_MS,
    quietMs: 7 * MINUTE_MS,
    crosses: moment.crosses,
    lease: { leaseMs, renewMs: Math.round(leaseMs / 3) },
    pace: dice.pick([1, 4, 8, 8]),
    machines: drawMachines(dice, sources.length),
    sources,
    proof: dice.chance(0.4) ? "probe" : "none",
    executor: dice.chance(0.5) ? "function" : "child",
    weather: drawWeather(dice, leaseMs),
    scripts: {
      fail: dice.chance(0.7) ? 0.15 : 0,
      permanent: dice.chance(0.5) ? 0.05 : 0,
      hang: dice.chance(0.5) ? 0.08 : 0,
      typicalMs: dice.pick([200, 3_000, 20_000]),
      heedMs: dice.pick([0, 500, 8_000]),
      saves: dice.chance(0.5) ? 0.3 : 0,
    },
    faults: drawFaults(dice),
  };
}

function drawMachines(dice: Dice, sources: number): readonly Machine[] {
  const hosts = dice.between(1, 3);
  const skewMs = dice.pick([0, 20, 400]);
  return Array.from({ length: dice.between(3, 5) }, (_, index) => {
    // Each source has a machine of its own; some machines have the code of both.
    const own = index % sources;
    const all = Array.from({ length: sources }, (_source, source) => source);
    return {
      name: `n${index + 1}`,
      host: `host-${1 + (index % hosts)}`,
      skewMs: dice.between(-skewMs, skewMs),
      sources: dice.chance(0.5) ? all : [own],
      concurrency: dice.pick([3, 20, 50]),
    };
  });
}

function drawWeather(dice: Dice, leaseMs: number): Weather {
  return {
    slow: dice.chance(0.5) ? dice.pick([0.01, 0.05]) : 0,
    slowMs: dice.pick([500, 5_000, 2 * leaseMs]),
    refused: dice.chance(0.4) ? 0.02 : 0,
    unanswered: dice.chance(0.5) ? 0.02 : 0,
    order: dice.chance(0.5) ? "kept" : "free",
  };
}

function drawFaults(dice: Dice): FaultRates {
  const draw = (fault: Fault): number | null => {
    if (!dice.chance(0.55)) return null;
    return Math.round(TYPICAL_MS[fault] * dice.pick([0.5, 1, 2]));
  };
  return {
    crash: draw("crash"),
    stop: draw("stop"),
    deploy: draw("deploy"),
    freeze: draw("freeze"),
    cut: draw("cut"),
    away: draw("away"),
    blackout: draw("blackout"),
    jump: draw("jump"),
    skew: draw("skew"),
    trigger: draw("trigger"),
    cancel: draw("cancel"),
    replay: draw("replay"),
    pause: draw("pause"),
    resume: draw("resume"),
    set: draw("set"),
    channel: draw("channel"),
  };
}
