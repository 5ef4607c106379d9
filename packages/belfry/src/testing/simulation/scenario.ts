import type { Dice } from "../dice.ts";
import { Declarations, type Tempo, type Version } from "./declared.ts";
import type { Weather } from "./faulty-store.ts";

/** Everything about one seed that is decided before it runs. */
export interface Scenario {
  readonly seed: number;
  readonly from: number;
  /** One after the other, each with a quiet of `quietMs` after it in which all is healed and judged. */
  readonly rounds: readonly [Round, ...Round[]];
  readonly quietMs: number;
  /** How long what is over is kept, ms. */
  readonly retentionMs: number;
  readonly crosses: "gap" | "overlap" | null;
  readonly lease: { readonly leaseMs: number; readonly renewMs: number };
  /** How rarely nodes look around; see NodeSettings. */
  readonly pace: number;
  readonly machines: readonly Machine[];
  /** Of schedules, those made at run time too. */
  readonly tempo: Tempo;
  readonly sources: readonly (readonly [Version, ...Version[]])[];
  /** Whether a host can prove that one of its processes is gone. */
  readonly proof: "probe" | "none";
  readonly executor: "function" | "child";
  readonly scripts: ScriptMood;
}

/** A time in which things go wrong. */
export interface Round {
  readonly faultyMs: number;
  readonly weather: Weather;
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

export interface ScenarioOptions {
  readonly seed: number;
  /** Virtual minutes with faults; the quiet ones come on top. */
  readonly minutes: number;
  /** Null: a short world, of one round. */
  readonly long: LongWorld | null;
}

/** What makes a world one that can be watched for weeks. */
export interface LongWorld {
  readonly roundMinutes: number;
  /** How many times more rarely things go wrong than they do in a short world. */
  readonly ease: number;
  readonly retentionMs: number;
}

const QUIET_MS = 7 * MINUTE_MS;
const RETENTION_MS = 90 * 86_400_000;

/** Draws a seed's world. It has only some of the faults, so that none hides behind another. */
export function drawScenario({ seed, minutes, long }: ScenarioOptions, dice: Dice): Scenario {
  const moment = dice.pick(MOMENTS);
  const leaseMs = dice.pick([6_000, 10_000, 30_000]);
  const declarations = new Declarations(dice.fork("declarations"), moment.zone, "brisk");
  const sources = ["a", "b"]
    .slice(0, dice.between(1, 2))
    .map((name) => declarations.versions(name));
  const short: Omit<Scenario, "rounds" | "scripts"> = {
    seed,
    from: Date.parse(moment.from) + dice.between(0, 59_999),
    quietMs: QUIET_MS,
    retentionMs: RETENTION_MS,
    tempo: "brisk",
    crosses: moment.crosses,
    lease: { leaseMs, renewMs: Math.round(leaseMs / 3) },
    pace: dice.pick([1, 4, 8, 8]),
    machines: drawMachines(dice, sources.length),
    sources,
    proof: dice.chance(0.4) ? "probe" : "none",
    executor: dice.chance(0.5) ? "function" : "child",
  };
  const weather = drawWeather(dice, leaseMs);
  const scripts = drawScripts(dice);
  if (long !== null) {
    const own = dice.fork("long");
    return { ...short, ...drawLong(minutes, long, moment.zone, own), scripts: calmer(scripts) };
  }
  const faults = drawFaults(dice, 1);
  return { ...short, scripts, rounds: [{ faultyMs: minutes * MINUTE_MS, weather, faults }] };
}

/**
 * A fleet for weeks: a few hundred runs an hour, which it can do with time to
 * spare, and nodes that look around no more often than they must. Each round has its own faults.
 */
function drawLong(
  minutes: number,
  { roundMinutes, ease, retentionMs }: LongWorld,
  timeZone: string,
  dice: Dice,
): Omit<Scenario, "seed" | "from" | "quietMs" | "crosses" | "proof" | "executor" | "scripts"> {
  const leaseMs = 30_000;
  const declarations = new Declarations(dice.fork("declarations"), timeZone, "calm");
  const round = (index: number): Round => {
    const own = dice.fork(`round ${index}`);
    const left = minutes - index * roundMinutes;
    return {
      faultyMs: Math.min(roundMinutes, left) * MINUTE_MS,
      weather: drawWeather(own, leaseMs),
      faults: drawFaults(own, ease),
    };
  };
  const others = Array.from({ length: Math.ceil(minutes / roundMinutes) - 1 }, (_, index) =>
    round(index + 1),
  );
  return {
    retentionMs,
    tempo: "calm",
    lease: { leaseMs, renewMs: leaseMs / 3 },
    pace: 8,
    machines: drawMachines(dice, 2).slice(0, 3),
    sources: [declarations.versions("a"), declarations.versions("b")],
    rounds: [round(0), ...others],
  };
}

/** As much work as is done with time to spare: a queue that only grows would say nothing. */
function calmer(scripts: ScriptMood): ScriptMood {
  return { ...scripts, hang: Math.min(scripts.hang, 0.02), typicalMs: 3_000 };
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

function drawScripts(dice: Dice): ScriptMood {
  return {
    fail: dice.chance(0.7) ? 0.15 : 0,
    permanent: dice.chance(0.5) ? 0.05 : 0,
    hang: dice.chance(0.5) ? 0.08 : 0,
    typicalMs: dice.pick([200, 3_000, 20_000]),
    heedMs: dice.pick([0, 500, 8_000]),
    saves: dice.chance(0.5) ? 0.3 : 0,
  };
}

function drawFaults(dice: Dice, ease: number): FaultRates {
  const draw = (fault: Fault): number | null => {
    if (!dice.chance(0.55)) return null;
    return Math.round(TYPICAL_MS[fault] * dice.pick([0.5, 1, 2]) * ease);
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
