import type { Release } from "../core/definition.ts";
import type { Executor } from "../executor.ts";
import type { Renewed } from "../lease.ts";
import type { Change, DrainWish, Wish } from "../store.ts";
import { Alerter } from "./alerter.ts";
import { type CarriedTask, Catalogue } from "./catalogue.ts";
import { ClockGuard } from "./clock-guard.ts";
import { ClockWatch } from "./clock-watch.ts";
import { Dispatcher } from "./dispatcher.ts";
import { hindranceOf } from "./hindrance.ts";
import { Janitor } from "./janitor.ts";
import { Loop, type Service } from "./loop.ts";
import type { NodeOptions } from "./node-options.ts";
import { Planner } from "./planner.ts";
import { Reaper } from "./reaper.ts";
import { Reconciler } from "./reconciler.ts";
import { publish, Releases } from "./releases.ts";
import { Round, type Ticked } from "./round.ts";
import { Settler } from "./settler.ts";
import { SignOfLife } from "./sign-of-life.ts";

/** How long a node that ends waits for the store to take what it hands over, ms. */
const HAND_OVER_MS_MAX = 5_000;
/** Hints of change are answered at most this often by reading ahead again, ms. */
const HINT_EVERY_MS = 250;
/** How long somebody who waits for one run waits for what is told of it, ms; a try may take longer. */
const DELIVER_MS_MAX = 5_000;

type Kind = "planner" | "dispatcher" | "settler" | "alerter" | "rest";
type Loops = Readonly<Record<Kind, readonly Loop[]>>;

/** One incarnation of a Belfry process: its services, from joining to leaving. */
export class Node {
  readonly id: string;
  readonly #options: NodeOptions;
  readonly #executors: ReadonlySet<Executor>;
  readonly #loops: Loops;
  readonly #planner: Planner;
  readonly #dispatcher: Dispatcher;
  readonly #settler: Settler;
  readonly #alerter: Alerter;
  readonly #clockGuard: ClockGuard;
  readonly #clockWatch: ClockWatch;
  readonly #round: Round;
  readonly #releases: Releases;
  readonly #catalogue: Catalogue;
  readonly #signOfLife: SignOfLife | null;
  #unsubscribe: () => void = () => {};
  #leaseEnd: () => void = () => {};
  #leaseUntil = 0;
  /** By the monotonic clock, as the wall clock may go back. */
  #hintedAt = Number.NEGATIVE_INFINITY;
  #draining = false;
  #ended = false;

  constructor(options: NodeOptions) {
    this.#options = options;
    this.id = options.entropy().slice(0, 16);
    const executors = options.executors(this.id);
    this.#executors = new Set(executors.values());
    const { store, clock, events } = options;
    const catalogue = new Catalogue(store, options.tasks, options.releases);
    this.#catalogue = catalogue;
    const { duty, settings } = options;
    const { retention, pace = 1 } = settings;
    const attendance = duty === "tick" ? "tick" : "node";
    const terms = { catalogue, retentionMs: retention.historyMs, attendance } as const;
    const guard = new ClockGuard(clock, events);
    this.#clockGuard = guard;
    this.#clockWatch = new ClockWatch(store, guard, { node: this.id, host: options.host });
    const wakeDispatcher = (): void => this.#wake("dispatcher");
    const onOutbox = (): void => this.#wake("alerter");
    this.#alerter = new Alerter({ ...options, catalogue, node: this.id, pace, wake: onOutbox });
    this.#settler = new Settler({
      ...options,
      wake: () => this.#wake("settler"),
      onOutbox,
      rush: () => this.#planner.rush,
      onSettled: (freed) => this.#settled(freed),
    });
    this.#dispatcher = new Dispatcher({
      ...options,
      catalogue,
      node: this.id,
      executors,
      concurrency: settings.concurrency,
      pace,
      settler: this.#settler,
      lives: () => this.#lives(),
      onOutbox,
      onStart: options.outlets.start,
      wake: wakeDispatcher,
      onWorking: (tasks) => options.lease.working(tasks),
    });
    this.#planner = new Planner({
      ...options,
      ...terms,
      node: this.id,
      guard,
      pace,
      claims: this.#dispatcher,
      onPlanned: (arrivesAt) => this.#planned(arrivesAt),
      onWish: (wish) => this.#grant(wish),
      onOutbox,
    });
    const reaper = new Reaper({
      ...options,
      catalogue,
      node: this.id,
      guard,
      executors: this.#executors,
      settler: this.#settler,
      probe: (node) => options.lease.probe(node),
      leaseMs: settings.leaseMs,
    });
    const onAdopted = (): void => this.#adopted();
    this.#releases = new Releases({ ...options, ...terms, onAdopted });
    this.#signOfLife = duty === "serve" ? this.#makeSignOfLife() : null;
    const janitor = new Janitor({ ...options, catalogue, retention, onFreed: wakeDispatcher });
    this.#round = new Round({
      ...options,
      guard,
      before: [reaper, janitor, this.#releases],
      planner: this.#planner,
      dispatcher: this.#dispatcher,
      settler: this.#settler,
      alerter: this.#alerter,
    });
    this.#loops = this.#makeLoops(reaper, [this.#makeReconciler(), janitor]);
  }

  /** Who does not serve plans nothing by itself; but what dead nodes held is recovered by all. */
  #makeLoops(reaper: Service, others: readonly Service[]): Loops {
    const { duty } = this.#options;
    const serving = [this.#clockWatch, reaper, this.#releases, ...others, this.#signOfLife];
    const rest = duty === "serve" ? serving.filter((each) => each !== null) : [reaper];
    return {
      planner: duty === "serve" ? [this.#loop(this.#planner)] : [],
      dispatcher: [this.#loop(duty === "tick" ? this.#round : this.#dispatcher)],
      settler: [this.#loop(this.#settler)],
      alerter: duty === "serve" ? [this.#loop(this.#alerter)] : [],
      rest: rest.map((each) => this.#loop(each)),
    };
  }

  get running(): number {
    return this.#dispatcher.running;
  }

  /** Until when it may work, as far as it knows; 0 before it has joined. */
  get leaseUntil(): number {
    return this.#leaseUntil;
  }

  /** Joins, publishes what it carries, and begins to work. */
  async start(): Promise<void> {
    const { store, clock, lease, settings, releases, tasks, events } = this.#options;
    const { host, pid, version, http, duty } = this.#options;
    await this.#clockWatch.start();
    await lease.prove(this.id);
    if (typeof duty !== "object") await publish(store, { tasks, releases }, clock.now());
    const now = clock.now();
    const leaseUntil = now + settings.leaseMs;
    const { concurrency, tags } = settings;
    const self = { id: this.id, host, pid, version, concurrency, tags, http };
    const restored = await store.join({ ...self, leaseUntil, releases }, now);
    if (restored !== null) events.emit({ kind: "restored", ...restored });
    this.#leaseRuns(leaseUntil);
    lease.hold(this.id, settings, (renewed) => this.#renewed(renewed));
    // Who started it may trigger at once what it carries.
    if (duty === "serve") await this.#releases.step(clock.now());
    this.#unsubscribe = store.onChange((what) => this.hint(what));
    events.emit({ kind: "started", node: this.id });
    for (const loop of this.#all()) loop.wake();
  }

  /** Once, where it is there for a tick: plans what fell due since the last, and runs what is ready. */
  async round(): Promise<Ticked> {
    return await this.#round.run(() => this.#wake("dispatcher"));
  }

  /** Where it is there for one run: tells of its end, and of what else is ready, trying each once. */
  async deliver(): Promise<void> {
    await this.#alerter.deliver(this.#options.clock.now() + DELIVER_MS_MAX);
  }

  /** Carries these tasks and releases from now on, in place of what it did. */
  async reload(tasks: readonly CarriedTask[], releases: readonly Release[]): Promise<void> {
    if (this.#ended) return;
    const { store, clock } = this.#options;
    await publish(store, { tasks, releases }, clock.now());
    this.#catalogue.bring(tasks);
    await store.carry(this.id, releases, clock.now());
    await this.#releases.step(clock.now());
  }

  /** Something may have changed in the store. */
  hint(what: Change): void {
    if (this.#ended) return;
    this.#wake("dispatcher");
    if (what === "runs") return;
    const passed = this.#options.clock.monotonic();
    if (this.#dispatcher.running > 0) void this.#readWishes();
    if (passed - this.#hintedAt < HINT_EVERY_MS) return;
    this.#hintedAt = passed;
    this.#planner.refresh();
    this.#wake("planner");
    this.#wake("alerter");
  }

  /**
   * Takes no new work, lets attempts end for `graceMs`, hands the rest over, and leaves.
   * The lease is held to the last: who stops renewing first loses runs that still work.
   */
  async stop(graceMs: number): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    const { store, clock, events, lease } = this.#options;
    events.emit({ kind: "stopping", running: this.#dispatcher.running });
    this.#unsubscribe();
    this.#dispatcher.close();
    this.#tellDraining();
    this.#settler.end();
    this.#signOfLife?.close();
    for (const service of ["planner", "rest", "dispatcher"] as const) {
      await Promise.all(this.#loops[service].map((loop) => loop.stop()));
    }
    const withdraw = clock.schedule(clock.now() + graceMs, () =>
      this.#dispatcher.stopAll("interrupted"),
    );
    const handedBack = this.#dispatcher.handBack(HAND_OVER_MS_MAX);
    await this.#dispatcher.idle();
    withdraw();
    await this.#handedOver(handedBack.then(() => this.#settler.drained()));
    await this.#alerter.close(HAND_OVER_MS_MAX);
    await this.#close();
    await store.leave(this.id, clock.now());
    await lease.release();
    events.emit({ kind: "stopped" });
  }

  /**
   * The node was declared dead: others have its runs. It gives up its lease, so that a new one may
   * take its place, and is gone when what it still does has ended.
   */
  async abandon(): Promise<{ readonly gone: Promise<void> }> {
    this.#ended = true;
    this.#unsubscribe();
    this.#signOfLife?.close();
    this.#round.fail();
    this.#dispatcher.abandon();
    await this.#options.lease.release();
    // What was sent is sent, whoever is alive: the store is told of it all the same.
    const told = this.#alerter.close(HAND_OVER_MS_MAX);
    return { gone: Promise.all([this.#dispatcher.idle(), told]).then(() => this.#close()) };
  }

  /** While the store is away nothing can be handed over: then others find the runs lost. */
  async #handedOver(settled: Promise<void>): Promise<void> {
    const { clock } = this.#options;
    await new Promise<void>((resolve) => {
      const withdraw = clock.schedule(clock.now() + HAND_OVER_MS_MAX, resolve);
      void settled.then(withdraw).then(resolve);
    });
  }

  async #close(): Promise<void> {
    this.#leaseEnd();
    this.#settler.end();
    await Promise.all(this.#all().map((loop) => loop.stop()));
    await Promise.all([...this.#executors].map((executor) => executor.close()));
  }

  #renewed(renewed: Renewed): void {
    if (this.#ended) return;
    if (!renewed.alive) {
      this.#options.events.emit({ kind: "declared-dead", node: this.id });
      this.#options.onDeclaredDead(this);
      return;
    }
    this.#leaseRuns(renewed.untilAt);
    if (renewed.draining !== this.#draining) this.#drain(renewed.draining ? "on" : "off");
    for (const wish of renewed.wishes) this.#grant(wish);
  }

  /** The store gives it nothing while it drains; here it is told, and what waited is looked for. */
  #drain(wish: DrainWish): void {
    this.#draining = wish === "on";
    this.#options.events.emit({ kind: "drain", wish, running: this.running });
    if (wish === "off") this.#wake("dispatcher");
  }

  /** So that others see that it ends; where the store is away it ends all the same. */
  #tellDraining(): void {
    const { store, clock, duty } = this.#options;
    if (duty !== "serve") return;
    void store.drain(this.id, "on", clock.now(), `node ${this.id}`).catch(() => {});
  }

  /**
   * An attempt that may run at most once must not outlive the lease; any other works on until it
   * learns that it was declared dead, so that an outage of the store kills nothing.
   */
  #leaseRuns(untilAt: number): void {
    this.#leaseEnd();
    this.#leaseUntil = untilAt;
    this.#leaseEnd = this.#options.clock.schedule(untilAt, () =>
      this.#dispatcher.stopAll("lost", "at-most-once"),
    );
  }

  /** Asks the store where the lease may have run out: nothing may start that others may have. */
  async #lives(): Promise<boolean> {
    const { store, clock, settings } = this.#options;
    for (;;) {
      const now = clock.now();
      if (now <= this.#leaseUntil) return true;
      const untilAt = now + settings.leaseMs;
      if (!(await store.renew(this.id, untilAt, now)).alive) return false;
      this.#leaseRuns(untilAt);
    }
  }

  #adopted(): void {
    this.#planner.refresh();
    for (const service of ["planner", "dispatcher", "alerter"] as const) this.#wake(service);
  }

  #makeReconciler(): Reconciler {
    return new Reconciler({
      ...this.#options,
      catalogue: this.#catalogue,
      node: this.id,
      settler: this.#settler,
      known: () => [...this.#dispatcher.holdings(), ...this.#settler.holdings()],
      awaited: () => this.#dispatcher.awaited,
    });
  }

  #makeSignOfLife(): SignOfLife | null {
    const { alive: ping } = this.#options.outlets;
    if (ping === null) return null;
    const hindrance = (): string | null => this.#hindrance();
    return new SignOfLife({ ...this.#options, node: this.id, ping, hindrance });
  }

  #hindrance(): string | null {
    const { clock, settings } = this.#options;
    return hindranceOf({
      now: clock.now(),
      leaseUntil: this.#leaseUntil,
      isHeld: this.#clockGuard.holdUntil() !== null,
      planner: this.#planner,
      services: [...this.#loops.planner, ...this.#loops.dispatcher, ...this.#loops.settler],
      pace: settings.pace ?? 1,
    });
  }

  async #readWishes(): Promise<void> {
    try {
      for (const wish of await this.#options.store.wishes(this.id)) this.#grant(wish);
    } catch {
      // The next renewal brings them.
    }
  }

  #grant(wish: Wish): void {
    this.#dispatcher.grant(wish);
  }

  #planned(arrivesAt: number | null): void {
    this.#dispatcher.expect(arrivesAt);
    this.#wake("dispatcher");
  }

  #settled(freed: boolean): void {
    this.#dispatcher.settled(freed);
    // It may have been the last that a tick waits for.
    if (this.#options.duty === "tick") this.#wake("dispatcher");
  }

  #wake(service: Exclude<keyof Loops, "rest">): void {
    for (const loop of this.#loops[service]) loop.wake();
  }

  #all(): Loop[] {
    return Object.values(this.#loops).flat();
  }

  #loop(service: Service): Loop {
    const { clock, random, events, settings } = this.#options;
    const onError = (name: string, error: unknown, retryInMs: number): void =>
      events.emit({ kind: "trouble", service: name, error, retryInMs });
    return new Loop(service, { clock, random, pace: settings.pace ?? 1, onError });
  }
}
