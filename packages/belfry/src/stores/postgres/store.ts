import type { Clock, Random } from "../../clock.ts";
import { BelfryError } from "../../core/errors.ts";
import type { Change, Store } from "../../store.ts";
import type { Triggered, TriggerRequest } from "../../triggering.ts";
import { type Answer, type Args, StoreFace, type Verb } from "../face.ts";
import { join } from "../sql/nodes.ts";
import { nextUnpauseAt } from "../sql/pause.ts";
import { singlesOf } from "../sql/singles.ts";
import { READS, type Works, worksOf } from "../sql/verbs.ts";
import { put, type Work } from "../sql/work.ts";
import { Connection } from "./connection.ts";
import { perform } from "./drive.ts";
import { isTwice } from "./failures.ts";
import { Gatherer } from "./gatherer.ts";
import { HOT_SETTINGS, postgresHot } from "./hot.ts";
import { checked, Identity } from "./identity.ts";
import { Lines } from "./lines.ts";
import { Listener, type ListenerOptions } from "./listener.ts";
import { dropPartitions, makePartitions } from "./partitions.ts";
import { migrate, refuseBroken } from "./schema.ts";
import { isUpFor } from "./time.ts";
import { type Hold, type Pace, transact } from "./transaction.ts";
import { concernsOthers, wakeUp } from "./wake-ups.ts";

export interface PostgresOptions {
  /** `postgres://USER@HOST:PORT/DATABASE`, as libpq reads it. */
  readonly url: string;
  /** Asked whenever a line is opened, for passwords that change. */
  readonly password?: (() => string | Promise<string>) | undefined;
  /**
   * The same database past any pooler, to hear by at once what others change; absent: `url`. Where
   * both lead through one, others' changes are found by looking.
   */
  readonly listenUrl?: string | undefined;
  /** The machine's. */
  readonly clock: Clock;
  readonly random: Random;
  /**
   * Nobody is declared dead for an expired lease before the server has been up for so long, ms: until
   * then nobody could renew. Absent: 0.
   */
  readonly leaseMs?: number;
  /** How many lines at most. */
  readonly lines?: number;
  /** How long an answer may take before its line counts as dead, ms. */
  readonly deadlineMs?: number;
}

const LINES = 4;
const DEADLINE_MS = 15_000;
/** Whoever comes while another brings the schema up to date waits for it. */
const MIGRATION_MS = 300_000;

/** What changes what is declared, or looks at all there is: alone. */
const ALONE: ReadonlySet<Verb> = new Set<Verb>([
  "join",
  "publish",
  "adopt",
  "carry",
  "setSchedule",
  "removeSchedule",
  "ticked",
  "pause",
  "resume",
  "unpause",
  "acceptClock",
]);

/**
 * The store that a fleet shares. Each call is a transaction of its own; where the server cannot be
 * reached it fails as `unavailable`, and the next call tries a new line.
 */
export class PostgresStore extends StoreFace implements Store {
  readonly #works: Works;
  readonly #lines: Lines;
  readonly #pace: Pace;
  /** By which others know whose hint it is. */
  readonly #self: string;
  readonly #listen: () => Listener;
  readonly #triggers = new Gatherer<TriggerRequest, Triggered>(
    (requests, now) => super.trigger(requests, now),
    isUnavailable,
  );
  readonly #listeners = new Set<(what: Change) => void>();
  #listener: Listener | null = null;
  #deafening: Promise<void> = Promise.resolve();

  private constructor(
    works: Works,
    lines: Lines,
    pace: Pace,
    hearing: Omit<ListenerOptions, "self" | "wake">,
  ) {
    super();
    this.#works = works;
    this.#lines = lines;
    this.#pace = pace;
    const self = Math.floor(pace.random() * Number.MAX_SAFE_INTEGER).toString(36);
    this.#self = self;
    const wake = (what: Change): void => {
      for (const each of this.#listeners) each(what);
    };
    this.#listen = () => new Listener({ ...hearing, self, wake });
  }

  /**
   * Opens the database and brings its schema up to date.
   * @throws BelfryError `bad-store`, `store-unavailable`, or as `migrate` and `Identity.check`.
   */
  static async open(options: PostgresOptions): Promise<PostgresStore> {
    const { url, password, clock, random, lines = LINES, deadlineMs = DEADLINE_MS } = options;
    const pace: Pace = { clock, random };
    const line = { url, password, purpose: "store", deadlineMs, clock };
    const identity = new Identity(() => pool.turnOver());
    const first = await Connection.open({ ...line, deadlineMs: MIGRATION_MS });
    try {
      await migrate(first, pace);
      await refuseBroken(first);
      await identity.check(first);
      await makePartitions(first, pace, clock.now());
    } finally {
      await first.close();
    }
    const pool = new Lines(lines, () =>
      checked(Connection.open({ ...line, settings: HOT_SETTINGS }), identity),
    );
    const hearing = { ...line, url: options.listenUrl ?? url, random };
    return new PostgresStore(postgresWorks(options.leaseMs ?? 0), pool, pace, hearing);
  }

  protected override async call<V extends Verb>(verb: V, args: Args<V>): Promise<Answer<V>> {
    try {
      return await this.#perform(verb, args);
    } catch (error) {
      if (verb === "claim" && isTwice(error)) {
        await this.#dropCopies();
        return await this.#perform(verb, args);
      }
      if (!isUnavailable(error)) await this.#salvage(verb, args);
      throw error;
    }
  }

  /** By many callers at once as a rule: they share a commit. */
  override trigger(...[requests, now]: Args<"trigger">): Promise<Answer<"trigger">> {
    return this.#triggers.ask(requests, now);
  }

  /** Asked every few seconds by each node. As a rule no pause is over, and a look keeps nobody out. */
  override async unpause(now: number): Promise<number | null> {
    const at = await this.#lines.use((line) =>
      transact(line, "snapshot", this.#pace, () => perform(line, nextUnpauseAt())),
    );
    return at !== null && at <= now ? await super.unpause(now) : at;
  }

  /** What nothing points at is forgotten here too: days that are over, while coming ones are made. */
  override async sweep(...args: Args<"sweep">): Promise<number> {
    const swept = await super.sweep(...args);
    const [, now] = args;
    try {
      await this.#lines.use(async (line) => {
        await makePartitions(line, this.#pace, now);
        await dropPartitions(line, this.#pace, now);
      });
    } catch (error) {
      // Somebody reads history for long. The next time will do: days are made some ahead.
      if (!isBusy(error)) throw error;
    }
    return swept;
  }

  onChange(wake: (what: Change) => void): () => void {
    this.#listeners.add(wake);
    this.#listener ??= this.#listen();
    return () => {
      if (this.#listeners.delete(wake) && this.#listeners.size === 0) this.#deafen();
    };
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    this.#deafen();
    await this.#deafening;
    await this.#lines.close(
      new BelfryError("unavailable", "store-closed", "The store was closed.", "Open it again."),
    );
  }

  #deafen(): void {
    const listener = this.#listener;
    this.#listener = null;
    if (listener !== null) this.#deafening = this.#deafening.then(() => listener.close());
  }

  #perform<V extends Verb>(verb: V, args: Args<V>): Promise<Answer<V>> {
    const work: (...args: Args<V>) => Work<Answer<V>> = this.#works[verb];
    return this.#lines.use((line) =>
      transact(line, holdOf(verb), this.#pace, async (tail) => {
        const answer = await perform(line, work(...args), tail);
        const what = concernsOthers(verb, args, answer);
        if (what !== null) await perform(line, wakeUp(this.#self, what), tail);
        return answer;
      }),
    );
  }

  /** What waits although it runs, which only a hand or a fault can have put there: no claim passes it. */
  async #dropCopies(): Promise<void> {
    await this.#lines.use((line) =>
      transact(line, "work", this.#pace, () =>
        perform(line, put("delete from pending where id in (select id from running)")),
      ),
    );
  }

  /** A batch that fails as a whole is done again one by one, so that one bad row stops no other. */
  async #salvage<V extends Verb>(verb: V, args: Args<V>): Promise<void> {
    for (const single of singlesOf(verb, args)) {
      try {
        await this.#perform(verb, single);
      } catch {
        // The caller learns of it by the error of the whole.
      }
    }
  }
}

function postgresWorks(leaseMs: number): Works {
  const hot = postgresHot();
  const works = worksOf(hot, (node, now) => join(hot, node, null, now));
  return {
    ...works,
    *kill(...args) {
      const [, evidence] = args;
      if (evidence === "expired" && !(yield* isUpFor(leaseMs))) return "held";
      return yield* works.kill(...args);
    },
  };
}

function holdOf(verb: Verb): Hold {
  if (READS.has(verb)) return "snapshot";
  if (verb === "renew") return "free";
  return ALONE.has(verb) ? "alone" : "work";
}

function isBusy(error: unknown): boolean {
  return error instanceof BelfryError && error.code === "store-busy";
}

function isUnavailable(error: unknown): boolean {
  return error instanceof BelfryError && error.kind === "unavailable";
}
