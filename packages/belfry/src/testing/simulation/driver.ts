import type { VirtualClock } from "../../clocks/virtual.ts";
import type { Dice } from "../dice.ts";
import type { VirtualProcess } from "../virtual-process.ts";
import { CALM } from "./faulty-store.ts";
import type { Fleet } from "./fleet.ts";
import type { Letterbox } from "./letterbox.ts";
import type { Operator } from "./operator.ts";
import { FAULTS, type Fault, type Machine, type Round, type Scenario } from "./scenario.ts";

export interface DriverOptions {
  readonly base: VirtualClock;
  readonly scenario: Scenario;
  readonly fleet: Fleet;
  readonly operator: Operator;
  readonly operatorProcess: VirtualProcess;
  readonly letterbox: Letterbox;
  readonly dice: Dice;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
/**
 * All jumps forward together stay below this, so that the oracle knows what is due. Of several
 * rounds each adds its share.
 */
const JUMPED_MS_MAX = 60 * 3_600_000;

/** Makes things happen: each kind of fault at its own random times, until all is healed. */
export class Driver {
  readonly #options: DriverOptions;
  /** Null: all is healed. */
  #round: Round | null = null;
  /** How far the clocks may be ahead in all. */
  #jumpedMsMax = 0;
  readonly #counts = new Map<Fault, number>();

  constructor(options: DriverOptions) {
    this.#options = options;
  }

  start(): void {
    for (const machine of this.#options.fleet.machines) {
      this.#later(this.#options.dice.between(0, 3_000), () => this.#boot(machine));
    }
  }

  /** From now on things go wrong as this round has it. */
  begin(round: Round): void {
    const { fleet, operator, scenario } = this.#options;
    this.#round = round;
    const { rounds } = scenario;
    this.#jumpedMsMax = (JUMPED_MS_MAX * (1 + rounds.indexOf(round))) / rounds.length;
    for (const site of fleet.sites) site.store.weather = round.weather;
    operator.feel(round.weather);
    for (const fault of FAULTS) {
      const meanMs = round.faults[fault];
      if (meanMs !== null) this.#recur(fault, meanMs);
    }
  }

  /** How often each fault came about. */
  get counts(): ReadonlyMap<Fault, number> {
    return this.#counts;
  }

  /** Ends every fault: whoever was frozen, cut off or dead works again, and nothing is paused. */
  heal(): void {
    const { fleet, operator, letterbox } = this.#options;
    this.#round = null;
    letterbox.moods.clear();
    // A clock that stands behind what it has shown is set right: until then, the lease of a node that
    // died before it was set back runs on.
    this.#jumpBy(fleet.furthestMs - fleet.jumpedMs);
    for (const machine of fleet.machines) {
      const site = fleet.siteOn(machine);
      if (site === null) {
        fleet.boot(machine);
      } else {
        site.store.heal();
        site.process.resume();
      }
    }
    for (const site of fleet.sites) site.store.weather = CALM;
    operator.feel(CALM);
    operator.resumeAll();
    // A pause that was on its way when all was healed is lifted too.
    this.#options.base.schedule(this.#options.base.now() + MINUTE_MS, () => operator.resumeAll());
  }

  #recur(fault: Fault, meanMs: number): void {
    const { base, dice } = this.#options;
    const round = this.#round;
    base.schedule(base.now() + dice.wait(meanMs), () => {
      if (this.#round === null || this.#round !== round) return;
      this.#counts.set(fault, (this.#counts.get(fault) ?? 0) + 1);
      this.#cause(fault);
      this.#recur(fault, meanMs);
    });
  }

  #cause(fault: Fault): void {
    const { dice, operator, fleet } = this.#options;
    const machine = dice.anyOf(fleet.machines);
    if (machine === null) return;
    switch (fault) {
      case "crash":
        fleet.crash(machine, "killed");
        this.#bootLater(machine, dice.between(1, 90) * SECOND_MS);
        break;
      case "stop":
        this.#restart(machine, dice.between(0, 20) * SECOND_MS);
        break;
      case "deploy":
        this.#deploy();
        break;
      case "freeze":
        this.#freeze(machine);
        break;
      case "cut":
        this.#cut([machine]);
        break;
      case "away":
        this.#cut(fleet.machines);
        break;
      case "blackout":
        this.#blackout();
        break;
      case "jump":
        this.#jump();
        break;
      case "skew":
        fleet.siteOn(machine)?.process.jump(dice.between(-1_000, 1_000));
        break;
      case "channel":
        this.#channelTrouble();
        break;
      default:
        operator[fault]();
    }
  }

  #boot(machine: Machine): void {
    const { fleet } = this.#options;
    fleet.boot(machine);
    const site = fleet.siteOn(machine);
    if (site !== null) site.store.weather = this.#round?.weather ?? CALM;
    // A process that could not start is started again, as a supervisor would.
    this.#later(30 * SECOND_MS, () => {
      if (fleet.siteOn(machine) === null) this.#boot(machine);
    });
  }

  #bootLater(machine: Machine, ms: number): void {
    this.#later(ms, () => this.#boot(machine));
  }

  #restart(machine: Machine, graceMs: number): void {
    const { fleet, dice } = this.#options;
    const wait = dice.between(0, 20) * SECOND_MS;
    fleet.leave(machine, graceMs, () => this.#bootLater(machine, wait));
  }

  /** Another version of one source, on most of the machines that have it, one after the other. */
  #deploy(): void {
    const { fleet, scenario, dice } = this.#options;
    const index = dice.between(0, scenario.sources.length - 1);
    const versions = scenario.sources[index];
    if (versions === undefined) return;
    const version = dice.pick(versions);
    for (const machine of fleet.machines) {
      if (!machine.sources.includes(index) || dice.chance(0.2)) continue;
      this.#later(dice.between(0, 30) * SECOND_MS, () => {
        fleet.install(machine, version);
        if (dice.chance(0.7)) this.#restart(machine, dice.between(0, 10) * SECOND_MS);
        else {
          fleet.crash(machine, "killed by a deploy");
          this.#bootLater(machine, dice.between(0, 10) * SECOND_MS);
        }
      });
    }
  }

  /** As SIGSTOP and SIGCONT, from a tenth of a lease to many. */
  #freeze(machine: Machine): void {
    const { fleet, scenario, dice } = this.#options;
    const site = fleet.siteOn(machine);
    if (site === null || site.process.state !== "running") return;
    const leases = dice.pick([0.1, 0.5, 1, 1.5, 3, 20]) * (0.5 + dice.next());
    site.process.stop();
    this.#later(Math.round(leases * scenario.lease.leaseMs), () => site.process.resume());
  }

  #cut(machines: readonly Machine[]): void {
    const { fleet, scenario, dice } = this.#options;
    const ms = Math.round(dice.pick([0.3, 1, 2, 5]) * (0.5 + dice.next()) * scenario.lease.leaseMs);
    for (const machine of machines) {
      const site = fleet.siteOn(machine);
      if (site === null) continue;
      site.store.cut();
      this.#later(ms, () => site.store.heal());
    }
  }

  /** A channel refuses, or does not answer at all. */
  #channelTrouble(): void {
    const { letterbox, dice } = this.#options;
    const channel = dice.pick(["ops", "team", "heart"]);
    letterbox.moods.set(channel, dice.pick(["refuses", "hangs"]));
    this.#later(dice.between(1, 180) * SECOND_MS, () => letterbox.moods.delete(channel));
  }

  /** Nothing is alive for a while. */
  #blackout(): void {
    const { fleet, dice } = this.#options;
    const ms = dice.pick([30, 180, 900]) * SECOND_MS;
    for (const machine of fleet.machines) {
      fleet.crash(machine, "the power is out");
      this.#bootLater(machine, ms + dice.between(0, 5_000));
    }
  }

  #jump(): void {
    const { fleet, dice } = this.#options;
    const forward = dice.chance(0.7);
    const ms = forward
      ? dice.pick([30, 600, 3_600 * 3, 3_600 * 26]) * SECOND_MS
      : -dice.pick([8, 60, 600]) * SECOND_MS;
    if (fleet.jumpedMs + ms <= this.#jumpedMsMax) this.#jumpBy(ms);
  }

  #jumpBy(ms: number): void {
    const { fleet, operatorProcess } = this.#options;
    if (ms === 0) return;
    fleet.jump(ms);
    operatorProcess.jump(ms);
  }

  #later(ms: number, act: () => void): void {
    const { base } = this.#options;
    base.schedule(base.now() + ms, act);
  }
}
