import type { Alert } from "../channel.ts";
import type { Clock, Random } from "../clock.ts";
import { alertText } from "../core/alert-text.ts";
import { RefusedForGood } from "../core/errors.ts";
import { countOf } from "../core/incident.ts";
import type { Redactor } from "../core/redactor.ts";
import { retryDelayMs } from "../core/verdict.ts";
import type { Logs } from "../log.ts";
import type { AlertItem, OutboxItem, OutboxLane, OutboxQuery, OutboxResult } from "../outbox.ts";
import type { Store } from "../store.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Events } from "./events.ts";
import { tailOf } from "./log-tail.ts";
import type { Service } from "./loop.ts";
import type { Outlets } from "./outlets.ts";

export interface AlerterOptions {
  readonly store: Store;
  readonly logs: Logs;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: Events;
  readonly catalogue: Catalogue;
  readonly node: string;
  readonly outlets: Outlets;
  /** What the other side says may hold what it was told in confidence. */
  readonly redactor: Redactor;
  readonly pace: number;
  /** Steps this service: a try has ended. */
  readonly wake: () => void;
}

/** Hidden from others for this long, ms: far longer than a try takes. */
const HOLD_MS = 60_000;
const TRY_MS_MAX = 10_000;
const BACKOFF = { attempts: Number.MAX_SAFE_INTEGER, waitMs: 5_000, maxMs: 15 * 60_000 };
/** What another node ended is its own to tell for this long, ms. */
const LEFT_MS = 15_000;
/** A hint that was lost costs at most this, ms. */
const LOOK_EVERY_MS = 60_000;
/** Where what is ready cannot be had after all, ms. */
const AGAIN_MS = 1_000;
/** Alerts of a channel go one after the other; of the rest, so many at once. */
const HEARTBEATS_AT_ONCE = 16;
const MAILS_AT_ONCE = 4;
const ERROR_LENGTH_MAX = 300;

/** Delivers what waits in the outbox: alerts, heartbeats, mail. Fails no task and no node. */
export class Alerter implements Service {
  readonly name = "alerter";
  readonly precision = "sharp";
  readonly #options: AlerterOptions;
  /** What is on its way, by id, and how to break it off. */
  readonly #sending = new Map<string, { readonly item: OutboxItem; readonly stop: () => void }>();
  /** What came of tries, until the store has it: nothing is taken before. */
  #results: OutboxResult[] = [];
  #closed = false;
  #idle: (() => void)[] = [];

  constructor(options: AlerterOptions) {
    this.#options = options;
  }

  async step(now: number): Promise<number | "now" | null> {
    await this.#record(now);
    if (this.#closed) return null;
    const { store, node, pace } = this.#options;
    const query: OutboxQuery = {
      node,
      lanes: this.#lanes(),
      telling: this.#telling(),
      othersBefore: now - LEFT_MS,
    };
    const readyAt = await store.outboxReadyAt(query);
    const lookAt = now + LOOK_EVERY_MS * pace;
    if (readyAt === null || readyAt > now) return Math.min(readyAt ?? lookAt, lookAt);
    const { items, told } = await store.takeOutbox(query, HOLD_MS, now);
    for (const incident of told) {
      const { channels } = incident;
      this.#options.events.emit({ kind: "incident", step: "closed", incident, channels });
    }
    for (const item of items) if (!this.#sending.has(item.id)) void this.#send(item);
    return items.length + told.length > 0 ? "now" : now + AGAIN_MS;
  }

  /** For who is not stepped by a loop: tries, once each, all that is ready, but begins none after `until`. */
  async deliver(until: number): Promise<void> {
    const { clock } = this.#options;
    while (clock.now() < until) {
      if ((await this.step(clock.now())) === "now") continue;
      if (this.#sending.size === 0) return;
      await new Promise<void>((resolve) => this.#idle.push(resolve));
    }
  }

  /** Takes nothing more. Resolves when what is on its way has ended, or was broken off. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    if (this.#sending.size > 0) {
      const { clock } = this.#options;
      const withdraw = clock.schedule(clock.now() + graceMs, () => this.#breakOff());
      await new Promise<void>((resolve) => this.#idle.push(resolve));
      withdraw();
    }
    try {
      await this.#record(this.#options.clock.now());
    } catch {
      // The store is away: who takes it next sends it once more, under the same id.
    }
  }

  #breakOff(): void {
    for (const { stop } of this.#sending.values()) stop();
  }

  #lanes(): readonly OutboxLane[] {
    const { channels, beat, mail } = this.#options.outlets;
    const sending = [...this.#sending.values()].map(({ item }) => item);
    const lanes: OutboxLane[] = [...channels.keys()].map((channel) => {
      const busy = sending.some((item) => item.kind === "alert" && item.channel === channel);
      return { kind: "alert", channel, limit: busy ? 0 : 1 };
    });
    const free = (kind: "heartbeat" | "mail", most: number): OutboxLane => {
      const busy = sending.filter((item) => item.kind === kind).length;
      return { kind, channel: null, limit: most - busy };
    };
    if (beat !== null) lanes.push(free("heartbeat", HEARTBEATS_AT_ONCE));
    if (mail !== null) lanes.push(free("mail", MAILS_AT_ONCE));
    return lanes.filter(({ limit }) => limit > 0);
  }

  #telling(): readonly string[] {
    const items = [...this.#sending.values()].map(({ item }) => item);
    return items.flatMap((item) => (item.kind === "heartbeat" ? [item.task] : []));
  }

  /** Until the store has them all, also those that come meanwhile: their lanes are free again. */
  async #record(now: number): Promise<void> {
    while (this.#results.length > 0) {
      const results = [...this.#results];
      await this.#options.store.recordOutbox(results, now);
      this.#results = this.#results.slice(results.length);
    }
  }

  async #send(item: OutboxItem): Promise<void> {
    const thrown = await this.#try(item);
    const error = this.#options.redactor.thrown(thrown);
    this.#sending.delete(item.id);
    const result = this.#resultOf(item, error, thrown instanceof RefusedForGood);
    this.#results.push(result);
    this.#tell(item, result, error);
    if (this.#sending.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
    this.#options.wake();
  }

  /** @returns null where the other side has taken it. */
  async #try(item: OutboxItem): Promise<unknown> {
    const abort = new AbortController();
    const stop = (): void => abort.abort(new Error("the node was stopped"));
    this.#sending.set(item.id, { item, stop });
    try {
      // Its text is read first: time that the store takes is not the other side's.
      const deliver = await this.#within(abort, this.#prepared(item));
      await this.#within(abort, deliver(abort.signal));
      return null;
    } catch (error) {
      return error ?? new Error("it failed without saying why");
    }
  }

  /** Who does not heed the signal is not waited for. */
  async #within<T>(abort: AbortController, work: Promise<T>): Promise<T> {
    const { clock } = this.#options;
    const { signal } = abort;
    const broken = Promise.withResolvers<never>();
    const breakOff = (): void => broken.reject(signal.reason);
    if (signal.aborted) breakOff();
    signal.addEventListener("abort", breakOff);
    const slow = new Error(`no answer in ${TRY_MS_MAX / 1_000} s`);
    const withdraw = clock.schedule(clock.now() + TRY_MS_MAX, () => abort.abort(slow));
    try {
      return await Promise.race([work, broken.promise]);
    } finally {
      withdraw();
      signal.removeEventListener("abort", breakOff);
    }
  }

  async #prepared(item: OutboxItem): Promise<(signal: AbortSignal) => Promise<void>> {
    const { outlets, catalogue } = this.#options;
    switch (item.kind) {
      case "alert": {
        const channel = known(outlets.channels.get(item.channel));
        const alert = await this.#alert(item);
        return async (signal) => {
          await channel.send(alert, signal);
        };
      }
      case "heartbeat": {
        const beat = known(outlets.beat);
        const carried = known(catalogue.carried(item.task));
        return (signal) => beat(carried, item.facts, signal);
      }
      case "mail": {
        const mail = known(outlets.mail);
        const carried = known(catalogue.carried(item.task));
        return (signal) => mail(carried, item.facts, signal);
      }
    }
  }

  async #alert({ id, channel, facts }: AlertItem): Promise<Alert> {
    const { incident, step, at, severity, owner, runbook } = facts;
    const run = incident.kind === "task" ? incident.run : null;
    const tail = run === null || step === "closed" ? [] : await tailOf(run.id, this.#options);
    const { subject, text, remedy } = alertText(facts, tail);
    return {
      id,
      step,
      channel,
      at,
      subject,
      text,
      incident: {
        id: incident.id,
        kind: incident.kind,
        task: incident.kind === "task" ? incident.task : null,
        openedAt: incident.openedAt,
        closedAt: incident.closedAt,
        count: countOf(incident),
        severity,
        owner,
        runbook,
        run: run?.id ?? null,
        reason: run?.reason ?? null,
        error: run?.error ?? null,
        tail,
        remedy,
      },
    };
  }

  /** A mail that nobody will ever take is given up; an alert never is: somebody must mend its channel. */
  #resultOf(item: OutboxItem, error: unknown, refusedForGood: boolean): OutboxResult {
    const { id, tries } = item;
    const tried = { id, tries, task: item.kind === "heartbeat" ? item.task : null };
    if (error === null) return { ...tried, result: "sent" };
    const words = `${refusedForGood ? "refused for good: " : ""}${wordsOf(error)}`;
    if (refusedForGood && item.kind === "mail")
      return { ...tried, result: "dropped", error: words };
    const { clock, random } = this.#options;
    const readyAt = clock.now() + retryDelayMs(BACKOFF, tries, random());
    return { ...tried, result: "again", readyAt, error: words };
  }

  #tell(item: OutboxItem, result: OutboxResult, error: unknown): void {
    const { events, clock } = this.#options;
    const retryAt = result.result === "again" ? result.readyAt : null;
    if (item.kind === "alert") {
      const { id, channel, facts } = item;
      const { step, incident } = facts;
      const task = incident.kind === "task" ? incident.task : null;
      const outcome = error === null ? "sent" : "failed";
      const of = { alert: id, channel, incident: incident.id, task, step };
      events.emit({ kind: "alert", ...of, result: outcome, error, retryAt });
      return;
    }
    const service = `${item.kind} of ${item.task}`;
    if (retryAt !== null) {
      events.emit({ kind: "trouble", service, error, retryInMs: retryAt - clock.now() });
    } else if (result.result === "dropped") {
      const given = new Error(`given up, ${result.error}`);
      events.emit({ kind: "trouble", service, error: given, retryInMs: 0 });
    }
  }
}

/** What a node takes it has the means for; where it has not, another may. */
function known<T>(means: T | null | undefined): T {
  if (means === null || means === undefined) throw new Error("this node has no means to send it");
  return means;
}

function wordsOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.length > ERROR_LENGTH_MAX ? `${text.slice(0, ERROR_LENGTH_MAX)}…` : text;
}
