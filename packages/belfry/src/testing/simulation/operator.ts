import { BelfryError } from "../../core/errors.ts";
import { scheduleId } from "../../core/identity.ts";
import { compile } from "../../core/schedule.ts";
import { cancel } from "../../verbs/cancel.ts";
import type { VerbContext } from "../../verbs/context.ts";
import { pause, resume } from "../../verbs/pause.ts";
import { removeSchedule, setSchedule } from "../../verbs/schedule.ts";
import { replay, trigger } from "../../verbs/trigger.ts";
import type { Dice } from "../dice.ts";
import { NO_LOGS } from "../no-logs.ts";
import type { VirtualProcess } from "../virtual-process.ts";
import type { Declarations } from "./declared.ts";
import type { FaultyStore, Weather } from "./faulty-store.ts";
import type { History } from "./history.ts";

export interface OperatorOptions {
  readonly process: VirtualProcess;
  readonly store: FaultyStore;
  readonly dice: Dice;
  /** To find something to act on; what it knows may be old by the time the store is asked. */
  readonly history: History;
  readonly declarations: Declarations;
  readonly retentionMs: number;
  readonly onSurprise: (what: string, error: unknown) => void;
}

/** How often somebody tries again whose call failed for want of the store. */
const TRIES_MAX = 8;
const AGAIN_MS = 3_000;

/** People and programs that trigger, cancel, replay, pause, resume and make schedules. */
export class Operator {
  readonly #options: OperatorOptions;
  readonly #context: VerbContext;
  /** Runs whose making was acknowledged: they must be there whatever happens. */
  readonly acknowledged: Set<string> = new Set();
  readonly #keys = new Map<string, string>();
  #made = 0;

  constructor(options: OperatorOptions) {
    this.#options = options;
    const { store, process, dice, retentionMs } = options;
    this.#context = {
      store,
      logs: NO_LOGS,
      clock: process.clock,
      entropy: dice.fork("entropy").entropy,
      by: "operator",
      retentionMs,
    };
  }

  trigger(): void {
    const { dice } = this.#options;
    const task = this.#task();
    if (task === null) return;
    const old = dice.anyOf([...this.#keys.keys()]);
    const reuse = old !== null && dice.chance(0.3);
    const idempotencyKey = reuse ? old : dice.chance(0.6) ? `key-${this.#made++}` : null;
    const payload = dice.chance(0.5) ? JSON.stringify({ customer: dice.between(1, 3) }) : null;
    const now = this.#context.clock.now();
    const at = dice.chance(0.3) ? now + dice.between(-60, 120) * 1_000 : null;
    const force = dice.chance(0.3);
    this.#act("trigger", idempotencyKey === null ? 1 : TRIES_MAX, async () => {
      const made = await trigger(this.#context, task, { payload, at, idempotencyKey, force });
      this.acknowledged.add(made.run.id);
      if (idempotencyKey === null) return;
      const name = `${task}/${idempotencyKey}`;
      const known = this.#keys.get(name);
      if (known !== undefined && known !== made.run.id && this.#isKept(known)) {
        throw new Error(`the key ${name} made run ${known}, and then ${made.run.id}`);
      }
      this.#keys.set(name, made.run.id);
    });
  }

  cancel(): void {
    const { pending, running } = this.#options.history.tables;
    const run = this.#options.dice.anyOf([...pending.keys(), ...running.keys()]);
    if (run !== null) this.#act("cancel", 1, () => cancel(this.#context, run));
  }

  replay(): void {
    const { history, dice } = this.#options;
    const run = dice.anyOf([...history.tables.history.keys()]);
    if (run === null) return;
    this.#act("replay", 1, () => replay(this.#context, run, { fresh: dice.chance(0.5) }));
  }

  pause(): void {
    const { dice } = this.#options;
    const task = this.#task();
    if (task === null) return;
    const untilAt = dice.chance(0.5)
      ? this.#context.clock.now() + dice.between(5, 300) * 1_000
      : null;
    this.#act("pause", 1, () => pause(this.#context, task, { untilAt, reason: null }));
  }

  resume(): void {
    const { tables } = this.#options.history;
    const paused = [...tables.task].filter(([, task]) => task.pauseBy !== null);
    const found = this.#options.dice.anyOf(paused);
    if (found !== null) this.#act("resume", 1, () => resume(this.#context, found[0]));
  }

  /** What its way to the store is like from now on. */
  feel(weather: Weather): void {
    this.#options.store.weather = weather;
  }

  /** After quiet: what was acknowledged and is there goes only as any run does; keys go with their runs. */
  forget(): void {
    this.acknowledged.clear();
    for (const [name, run] of this.#keys) if (!this.#isKept(run)) this.#keys.delete(name);
  }

  #isKept(run: string): boolean {
    return this.#options.history.run(run) !== null;
  }

  /** Lifts every pause, however often it has to be said. */
  resumeAll(): void {
    for (const [name, { pauseBy }] of this.#options.history.tables.task) {
      if (pauseBy !== null) this.#act("resume", TRIES_MAX, () => resume(this.#context, name));
    }
  }

  /** Makes, changes or removes a schedule at run time. */
  set(): void {
    const { dice, declarations } = this.#options;
    const task = this.#task();
    if (task === null) return;
    const key = dice.pick(["extra", "more"]);
    if (dice.chance(0.3)) {
      this.#act("removeSchedule", 1, () => removeSchedule(this.#context, task, key));
      return;
    }
    const parts = [declarations.part()];
    const payload = JSON.stringify({ customer: dice.between(1, 2) });
    this.#act("setSchedule", 1, () => {
      const now = this.#context.clock.now();
      const nextAt = compile(parts, scheduleId(task, key)).next(now);
      return setSchedule(this.#context, { task, key, parts, payload, nextAt });
    });
  }

  #task(): string | null {
    return this.#options.dice.anyOf([...this.#options.history.tables.task.keys()]);
  }

  #act(what: string, tries: number, act: () => Promise<unknown>): void {
    const { process, onSurprise } = this.#options;
    process.enter(() => {
      void act().catch((error: unknown) => {
        if (!(error instanceof BelfryError)) onSurprise(what, error);
        const away = error instanceof BelfryError && error.code === "store-unavailable";
        if (!away || tries <= 1) return;
        const { clock } = process;
        clock.schedule(clock.now() + AGAIN_MS, () => this.#act(what, tries - 1, act));
      });
    });
  }
}
