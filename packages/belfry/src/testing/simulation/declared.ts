import type {
  Definition,
  Policies,
  Release,
  ReleasedTask,
  ScheduleDefinition,
  SchedulePart,
  Watch,
} from "../../core/definition.ts";
import { definitionHash } from "../../define/normalize.ts";
import type { CarriedTask } from "../../engine/catalogue.ts";
import type { Carried } from "../../engine/engine.ts";
import type { Dice } from "../dice.ts";

/** One version of a source's code base. */
export interface Version {
  readonly source: string;
  readonly release: Release;
  readonly tasks: readonly CarriedTask[];
}

const SECOND_MS = 1_000;

/** `brisk`: some schedules are due every few seconds; `calm`: none more often than once a minute. */
export type Tempo = "brisk" | "calm";

/** Draws what a source declares: its first version, and edits of it. */
export class Declarations {
  readonly #dice: Dice;
  readonly #watchDice: Dice;
  readonly #timeZone: string;
  readonly #tempo: Tempo;
  #names = 0;

  constructor(dice: Dice, timeZone: string, tempo: Tempo) {
    this.#dice = dice;
    this.#watchDice = dice.fork("watch");
    this.#timeZone = timeZone;
    this.#tempo = tempo;
  }

  /** The first version, then further ones, each an edit of one that was before it. */
  versions(source: string): readonly [Version, ...Version[]] {
    const count = this.#tempo === "calm" ? 4 : this.#dice.between(1, 4);
    const tasks = Array.from({ length: count }, () => this.#task(source));
    const first = version(source, tasks);
    const all: [Version, ...Version[]] = [first];
    for (let edits = this.#dice.between(1, 3); edits > 0; edits--) {
      const base = this.#dice.pick(all);
      const edited = this.#edit(
        base.tasks.map(({ definition }) => definition),
        source,
      );
      all.push(version(source, edited));
    }
    return all;
  }

  part(): SchedulePart {
    const dice = this.#dice;
    const every = (expression: string): SchedulePart => part(expression, "every", "UTC");
    const cron = (expression: string): SchedulePart => part(expression, "unix", this.#timeZone);
    if (this.#tempo === "calm") {
      return dice.pick([
        () => every(`${dice.between(60, 200)}s`),
        () => every(`${dice.between(1, 4)}m`),
        () => cron(`*/${dice.between(2, 4)} * * * *`),
        () => cron(`${dice.between(0, 59)} ${dice.between(0, 3)} * * *`),
      ])();
    }
    return dice.pick([
      () => every(`${dice.between(3, 20)}s`),
      () => every(`${dice.between(30, 200)}s`),
      () => every(`${dice.between(1, 7)}m`),
      () => cron("* * * * *"),
      () => cron(`*/${dice.between(2, 15)} * * * *`),
      () => cron(`${dice.between(0, 59)} * * * *`),
      () => cron(`${dice.between(0, 29)},${dice.between(30, 59)} 0-4 * * *`),
      () => cron(`${dice.between(0, 59)} ${dice.between(0, 3)} * * *`),
    ])();
  }

  #edit(definitions: readonly Definition[], source: string): readonly Definition[] {
    const dice = this.#dice;
    const victim = dice.between(0, definitions.length - 1);
    return definitions.flatMap((definition, index): Definition[] => {
      if (index !== victim) return [definition];
      return dice.pick([
        () => [{ ...definition, schedules: this.#schedules(definition.policies) }],
        () => [{ ...definition, policies: this.#policies() }],
        () => [{ ...definition, watch: this.#watch() }],
        () => [{ ...definition, policies: this.#otherLimit(definition.policies) }],
        () => (definitions.length > 1 ? [] : [definition, this.#task(source)]),
        () => [{ ...definition, task: this.#name(source) }],
        () => [definition, this.#task(source)],
      ])();
    });
  }

  #task(source: string): Definition {
    const policies = this.#policies();
    return {
      task: this.#name(source),
      executor: "scripted",
      timeZone: this.#timeZone,
      schedules: this.#schedules(policies),
      policies,
      watch: this.#watch(),
      description: null,
      owner: null,
      severity: null,
      tags: [],
      runbook: null,
      idempotent: null,
    };
  }

  #watch(): Watch {
    const dice = this.#watchDice;
    return {
      alerts: dice.pick<readonly string[]>([[], ["ops"], ["team"], ["ops", "team"]]),
      heartbeat: dice.chance(0.3) ? { kind: "healthchecks", host: "hc-ping.com" } : null,
      mail: null,
    };
  }

  #name(source: string): string {
    this.#names += 1;
    return `${source}-${this.#names}`;
  }

  #schedules(policies: Policies): readonly ScheduleDefinition[] {
    const dice = this.#dice;
    const keys = dice.chance(0.7) ? ["default"] : ["one", "two"];
    return keys.map((key) => ({
      key,
      parts: dice.chance(0.8) ? [this.part()] : [this.part(), this.part()],
      payload:
        policies.concurrency.by === null ? null : JSON.stringify({ customer: dice.between(1, 2) }),
    }));
  }

  #policies(): Policies {
    const dice = this.#dice;
    const delivery = dice.chance(0.25) ? "at-most-once" : "at-least-once";
    const catchUp = dice.pick<Policies["catchUp"]>(["none", "latest", "all"]);
    const overlap = dice.pick<Policies["overlap"]>(["skip", "queue", "replace"]);
    const deadlineMs = dice.chance(0.25) ? dice.between(10, 180) * SECOND_MS : null;
    const jitterMs = dice.chance(0.3) ? dice.between(1, 90) * SECOND_MS : 0;
    return {
      catchUp,
      startWithin: dice.pick<Policies["startWithin"]>([
        null,
        "next",
        "next",
        dice.between(5, 90) * SECOND_MS,
      ]),
      concurrency: dice.pick([
        { limit: 1, by: null },
        { limit: 1, by: null },
        { limit: dice.between(1, 3), by: null },
        { limit: 1, by: "customer" },
        { limit: null, by: null },
      ]),
      overlap,
      retry: {
        attempts: delivery === "at-most-once" ? 1 : dice.between(1, 4),
        waitMs: dice.between(1, 10) * SECOND_MS,
        maxMs: dice.between(10, 40) * SECOND_MS,
      },
      timeoutMs: dice.chance(0.4) ? dice.between(2, 60) * SECOND_MS : null,
      deadlineMs,
      // A deadline that is not longer is refused when a task is loaded.
      jitterMs: deadlineMs !== null && deadlineMs <= jitterMs ? 0 : jitterMs,
      delivery,
    };
  }

  #otherLimit(policies: Policies): Policies {
    const { by } = policies.concurrency;
    return { ...policies, concurrency: { limit: this.#dice.between(1, 3), by } };
  }
}

function part(
  expression: string,
  dialect: SchedulePart["dialect"],
  timeZone: string,
): SchedulePart {
  return { expression, dialect, timeZone, anchor: null };
}

function version(source: string, definitions: readonly Definition[]): Version {
  const tasks = definitions.map((definition) => ({
    definition,
    hash: definitionHash(definition),
    work: { kind: "scripted" },
  }));
  const released = tasks.map(({ definition, hash }): ReleasedTask => {
    return { name: definition.task, definition: hash, file: null, line: null };
  });
  const hash = `${source}:${released.map(({ definition }) => definition.slice(0, 8)).join(",")}`;
  return { source, release: { source, hash, tasks: released, unread: [] }, tasks };
}

/** What a process carries that has these versions. */
export function carriedBy(versions: readonly Version[]): Carried {
  return {
    tasks: versions.flatMap(({ tasks }) => tasks),
    releases: versions.map(({ release }) => release),
  };
}
