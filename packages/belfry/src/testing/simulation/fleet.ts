import type { EngineEvent } from "../../engine/events.ts";
import type { Proof } from "../../engine/reaper.ts";
import type { Dice } from "../dice.ts";
import type { Version } from "./declared.ts";
import type { Effects } from "./effects.ts";
import type { Surroundings } from "./faulty-store.ts";
import type { Letterbox } from "./letterbox.ts";
import type { Machine, Scenario } from "./scenario.ts";
import type { Script } from "./scripted-executor.ts";
import { type Home, isExplained, Site, type SiteWorld } from "./site.ts";

export interface FleetOptions extends Surroundings {
  readonly scenario: Scenario;
  readonly effects: Effects;
  readonly letterbox: Letterbox;
  readonly dice: Dice;
  readonly stirred: () => void;
  readonly script: (run: string, fence: number) => Script;
  readonly onSurprise: (what: string, error: unknown) => void;
}

/** Events that a reader of the trace wants to see. */
const LIVES: ReadonlySet<string> = new Set(["started", "stopping", "stopped", "declared-dead"]);

/** The machines, what runs on each, and which nodes have lived where. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #world: SiteWorld;
  readonly #sites = new Map<string, Site>();
  readonly #homes = new Map<string, Home>();
  /** The version of each source that a machine boots with. */
  readonly #installed = new Map<string, readonly Version[]>();
  #boots = 0;
  jumpedMs = 0;
  /** The furthest that the clocks have been ahead. */
  furthestMs = 0;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#world = {
      ...options,
      jumpedMs: () => this.jumpedMs,
      settled: (node, home) => this.#homes.set(node, home),
      probe: (node) => this.#probe(node),
      reclaim: (node, host) => this.#reclaim(node, host),
      heard: (event, site) => this.#heard(event, site),
    };
    const { machines, sources } = options.scenario;
    for (const machine of machines) {
      const versions = machine.sources.flatMap((index) => sources[index]?.[0] ?? []);
      this.#installed.set(machine.name, versions);
    }
  }

  get machines(): readonly Machine[] {
    return this.#options.scenario.machines;
  }

  /** The processes that live, stopped ones too. */
  get sites(): readonly Site[] {
    return [...this.#sites.values()];
  }

  siteOn(machine: Machine): Site | null {
    return this.#sites.get(machine.name) ?? null;
  }

  processOf(node: string): string | null {
    return this.#homes.get(node)?.process.name ?? null;
  }

  isGone(node: string): boolean {
    return this.#homes.get(node)?.process.state === "dead";
  }

  codeOf(node: string): ReadonlySet<string> {
    return this.#homes.get(node)?.code ?? new Set();
  }

  /** Forgets where nodes lived that are gone and that the store does not know any more. */
  forget(isKnown: (node: string) => boolean): void {
    for (const [node, { process }] of this.#homes) {
      if (process.state === "dead" && !isKnown(node)) this.#homes.delete(node);
    }
  }

  install(machine: Machine, version: Version): void {
    const installed = this.#installed.get(machine.name) ?? [];
    this.#installed.set(
      machine.name,
      installed.map((known) => (known.source === version.source ? version : known)),
    );
  }

  boot(machine: Machine): void {
    if (this.#sites.has(machine.name)) return;
    this.#boots += 1;
    const name = `${machine.name}.${this.#boots}`;
    const versions = this.#installed.get(machine.name) ?? [];
    const { dice, tell, onSurprise } = this.#options;
    tell(name, `boots with ${versions.map(({ release }) => release.hash).join(" ")}`);
    const site = new Site(name, machine, versions, this.#world, dice.fork(name));
    this.#sites.set(machine.name, site);
    site.boot((error) => {
      if (!isExplained(error)) onSurprise(`${name} cannot start`, error);
      this.crash(machine, "could not start");
    });
  }

  crash(machine: Machine, why: string): void {
    const site = this.siteOn(machine);
    if (site === null) return;
    this.#options.tell(site.process.name, `is gone: ${why}`);
    this.#sites.delete(machine.name);
    site.crash();
  }

  /** Ends in order, and is gone when that is done. */
  leave(machine: Machine, graceMs: number, left: () => void): void {
    const site = this.siteOn(machine);
    if (site === null) return;
    this.#options.tell(site.process.name, `is told to end within ${graceMs} ms`);
    site.leave(graceMs, () => {
      if (this.siteOn(machine) !== site) return;
      this.crash(machine, "ended in order");
      left();
    });
  }

  /** The wall clock of the whole fleet jumps. */
  jump(ms: number): void {
    this.#options.tell("world", `clocks jump by ${ms} ms`);
    this.jumpedMs += ms;
    this.furthestMs = Math.max(this.furthestMs, this.jumpedMs);
    for (const { process } of this.sites) process.jump(ms);
  }

  close(): void {
    for (const { process } of this.sites) process.kill();
  }

  #probe(node: string): Proof {
    if (this.#options.scenario.proof === "none") return "unknown";
    return this.isGone(node) ? "gone" : "alive";
  }

  #reclaim(node: string, host: string): number {
    const home = this.#homes.get(node);
    if (home === undefined || home.process.host !== host) return 0;
    home.executor.die();
    return 1;
  }

  #heard(event: EngineEvent, site: Site): void {
    const { gauges, onSurprise, tell } = this.#options;
    if (event.kind === "declared-dead") gauges.hit("declared dead and replaced");
    if (event.kind === "clock") gauges.hit("clock jump held");
    if (LIVES.has(event.kind)) tell(site.process.name, JSON.stringify(event));
    if (event.kind !== "trouble") return;
    tell(site.process.name, `${event.service} is in trouble: ${String(event.error)}`);
    if (!isExplained(event.error)) onSurprise(`${site.process.name} ${event.service}`, event.error);
  }
}
