import { systemClock } from "../../clocks/system.ts";
import { VirtualClock } from "../../clocks/virtual.ts";
import { Dice } from "../dice.ts";
import { VirtualProcess } from "../virtual-process.ts";
import { checkQuiet } from "./checks/quiet.ts";
import { Violation } from "./checks/violation.ts";
import { type Commit, WatchedStore } from "./commits.ts";
import { Declarations } from "./declared.ts";
import { Driver } from "./driver.ts";
import { DueOracle } from "./due-oracle.ts";
import { Effects } from "./effects.ts";
import { FaultyStore } from "./faulty-store.ts";
import { Fleet } from "./fleet.ts";
import { Gauges } from "./gauges.ts";
import type { Sample, Weight } from "./growth.ts";
import { Judge } from "./judge.ts";
import { Letterbox } from "./letterbox.ts";
import { Operator } from "./operator.ts";
import { drawScenario, type LongWorld, type Round, type Scenario } from "./scenario.ts";
import type { Script } from "./scripted-executor.ts";
import { Trace } from "./trace.ts";

export interface SeedOptions {
  readonly seed: number;
  /** Virtual minutes with faults; the quiet ones come on top. */
  readonly minutes: number;
  /** A world of many rounds, each judged when it is over. Absent: of one. */
  readonly long?: LongWorld | undefined;
  /** Weighs the process, at the quarters of a long world. */
  readonly weigh?: (() => Weight) | undefined;
  /** Gets each line of the trace, or null. */
  readonly print: ((line: string) => void) | null;
}

/** What became of one run of one seed. */
export interface SeedResult {
  readonly seed: number;
  readonly digest: string;
  readonly failure: { readonly invariant: string; readonly message: string } | null;
  readonly tail: readonly string[];
  readonly gauges: Readonly<Record<string, number>>;
  readonly steps: number;
  readonly runs: number;
  readonly starts: number;
  readonly occurrences: number;
  /** How often each kind of fault came about. */
  readonly faults: Readonly<Record<string, number>>;
  /** How big everything was at the end of each round. */
  readonly samples: readonly Sample[];
}

/** How far the clocks jump at most, all jumps together, ms; and a day for the next occurrence. */
const HORIZON_MS = 5 * 86_400_000;
/** Processes may be apart by this beyond their skews: small jumps of one clock, calls on their way. */
const SMALL_JUMPS_MS = 6_000;

/** Runs one seed from its beginning to its end, or to the first violation. */
export async function runSeed(options: SeedOptions): Promise<SeedResult> {
  const world = new World(options);
  try {
    await world.run();
  } finally {
    world.close();
  }
  return world.result();
}

class World {
  readonly #scenario: Scenario;
  readonly #base: VirtualClock;
  readonly #trace: Trace;
  readonly #gauges = new Gauges();
  readonly #judge: Judge;
  readonly #store: WatchedStore;
  readonly #effects: Effects;
  readonly #fleet: Fleet;
  readonly #operator: Operator;
  readonly #driver: Driver;
  readonly #dice: Dice;
  #failure: SeedResult["failure"] = null;
  #stirred = false;
  #steps = 0;
  readonly #weigh: () => Weight | null;
  readonly #samples: Sample[] = [];

  constructor(options: SeedOptions) {
    const { seed, minutes, long = null, weigh, print } = options;
    const dice = new Dice(`seed ${seed}`);
    const scenario = drawScenario({ seed, minutes, long }, dice.fork("scenario"));
    this.#weigh = weigh ?? (() => null);
    this.#dice = dice;
    this.#scenario = scenario;
    this.#base = new VirtualClock(scenario.from);
    this.#trace = new Trace(scenario.from, print);
    this.#effects = new Effects(
      (effect, earlier) => {
        this.#tell(effect.node, `starts ${effect.run} under ${effect.fence}`);
        this.#hold(() => this.#judge.start(effect, earlier));
      },
      ({ node, run, fence, end }) => this.#tell(node, `${end} ${run} under ${fence}`),
    );
    this.#judge = this.#makeJudge(scenario);
    this.#store = new WatchedStore((commit) => this.#committed(commit));
    const letterbox = new Letterbox(this.#base, dice.fork("letterbox"), (delivery) => {
      this.#tell(delivery.process, `delivers ${delivery.id}`);
      this.#hold(() => this.#judge.outbox.delivered(delivery, this.#judge.facts));
    });
    const around = {
      base: this.#base,
      store: this.#store,
      gauges: this.#gauges,
      tell: (who: string, what: string) => this.#tell(who, what),
    };
    const stirred = (): void => {
      this.#stirred = true;
    };
    this.#fleet = new Fleet({
      ...around,
      scenario,
      effects: this.#effects,
      letterbox,
      dice: dice.fork("fleet"),
      stirred,
      script: (run, fence) => this.#script(run, fence),
      onSurprise: (what, error) => this.#surprise(what, error),
    });
    const process = new VirtualProcess({
      name: "operator",
      host: "desk",
      base: this.#base,
      offsetMs: 0,
      stirred,
    });
    this.#operator = new Operator({
      process,
      store: new FaultyStore(process, around, dice.fork("operator store")),
      dice: dice.fork("operator"),
      history: this.#judge.history,
      declarations: new Declarations(dice.fork("runtime"), "UTC", scenario.tempo),
      retentionMs: scenario.retentionMs,
      onSurprise: (what, error) => this.#surprise(what, error),
    });
    this.#driver = new Driver({
      base: this.#base,
      scenario,
      fleet: this.#fleet,
      operator: this.#operator,
      operatorProcess: process,
      letterbox,
      dice: dice.fork("driver"),
    });
  }

  #makeJudge({ from, rounds, quietMs, machines, retentionMs }: Scenario): Judge {
    const lengthMs = rounds.reduce((sum, { faultyMs }) => sum + faultyMs + quietMs, 0);
    const skewMs = 2 * Math.max(...machines.map((machine) => Math.abs(machine.skewMs)));
    return new Judge({
      oracle: new DueOracle(from - 86_400_000, from + lengthMs + HORIZON_MS),
      effects: this.#effects,
      retentionMs,
      gauges: this.#gauges,
      now: () => this.#base.now() + this.#fleet.jumpedMs,
      skewMs: () => skewMs + SMALL_JUMPS_MS,
      processOf: (node) => this.#fleet.processOf(node),
      gone: (node) => this.#fleet.isGone(node),
      codeOf: (node) => this.#fleet.codeOf(node),
    });
  }

  async run(): Promise<void> {
    const { rounds, crosses } = this.#scenario;
    this.#driver.start();
    for (const round of rounds) {
      await this.#goThrough(round);
      if (this.#failure !== null) return;
    }
    if (crosses === "gap") this.#gauges.hit("clock gap crossed");
    if (crosses === "overlap") this.#gauges.hit("clock overlap crossed");
  }

  /** Things go wrong, all is healed, and when it has calmed down it is judged, and forgotten. */
  async #goThrough(round: Round): Promise<void> {
    this.#driver.begin(round);
    await this.#runUntil(this.#base.now() + round.faultyMs);
    this.#tell("world", "is healed");
    this.#driver.heal();
    await this.#runUntil(this.#base.now() + this.#scenario.quietMs);
    this.#hold(() => {
      checkQuiet(this.#judge, this.#operator, this.#scenario);
      this.#judge.forget();
    });
    this.#operator.forget();
    const { node } = this.#judge.history.tables;
    this.#fleet.forget((name) => node.has(name));
    this.#sample();
  }

  #sample(): void {
    const { rounds, from } = this.#scenario;
    const round = this.#samples.length + 1;
    const isQuarter = [1, 2, 3, 4].some((part) => Math.ceil((rounds.length * part) / 4) === round);
    this.#samples.push({
      afterMs: this.#base.now() - from,
      ...this.#store.size(),
      weight: isQuarter ? this.#weigh() : null,
    });
  }

  result(): SeedResult {
    const { runs, occurrences } = this.#judge.counts;
    return {
      seed: this.#scenario.seed,
      digest: this.#trace.digest(),
      failure: this.#failure,
      tail: this.#trace.tail(),
      gauges: this.#gauges.counts(),
      steps: this.#steps,
      runs,
      starts: this.#effects.starts,
      occurrences,
      faults: Object.fromEntries(this.#driver.counts),
      samples: this.#samples,
    };
  }

  close(): void {
    this.#fleet.close();
    this.#store.close();
  }

  async #runUntil(at: number): Promise<void> {
    while (this.#failure === null && this.#base.wakeNext(at)) {
      this.#steps += 1;
      if (!this.#stirred) continue;
      this.#stirred = false;
      // A turn of the real event loop settles every promise that the step has set off.
      await new Promise<void>((turn) => systemClock.schedule(0, turn));
    }
  }

  #committed(commit: Commit): void {
    const { by, verb, changes } = commit;
    const what = changes.map(({ table, id, row }) => `${table} ${id} ${JSON.stringify(row)}`);
    if (changes.length > 0) this.#tell(by, `${verb} → ${what.join(" · ")}`);
    this.#hold(() => this.#judge.commit(commit));
  }

  /** A violation ends the world, whoever's call brought it to light. */
  #hold(check: () => unknown): void {
    if (this.#failure !== null) return;
    try {
      check();
    } catch (error) {
      const invariant = error instanceof Violation ? error.invariant : "the simulation itself";
      const text = error instanceof Violation ? error.message : stackOf(error);
      this.#failure = { invariant, message: text };
      this.#tell("judge", text);
    }
  }

  #surprise(what: string, error: unknown): void {
    this.#hold(() => {
      throw new Violation("no surprises", `${what}: ${stackOf(error)}`);
    });
  }

  #script(run: string, fence: number): Script {
    const { fail, permanent, hang, typicalMs, heedMs, saves } = this.#scenario.scripts;
    const dice = this.#dice.fork(`script ${run} ${fence}`);
    const drawn = dice.next();
    const end =
      drawn < fail
        ? "fail"
        : drawn < fail + permanent
          ? "permanent"
          : drawn < fail + permanent + hang
            ? "hang"
            : "succeed";
    return {
      end,
      afterMs: end === "hang" ? 180_000 : Math.min(dice.wait(typicalMs), 120_000),
      heedMs: heedMs === 0 ? 0 : dice.between(0, heedMs),
      saves: dice.chance(saves),
    };
  }

  #tell(who: string, what: string): void {
    this.#trace.add(this.#base.now(), who, what);
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
