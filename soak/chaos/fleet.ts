import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { systemClock, systemRandom } from "../../packages/belfry/src/clocks/system.ts";
import { PostgresStore } from "../../packages/belfry/src/stores/postgres/store.ts";
import { type Effect, readEffects } from "../effects.ts";
import { type Beginnings, judge, readBeginnings } from "../judge.ts";
import { SoakNode, type Told } from "../node-process.ts";
import { asked } from "../postgres-server.ts";
import { type Gone, judgeAcknowledged, judgeLedger, keepLedger, startDelays } from "./ledger.ts";
import { type Played, type Setting, spread } from "./scenario.ts";

const READY_WITHIN_MS = 60_000;
/** What a black hole has swallowed is known when the line's deadline is over, 30 s, and tried again later. */
const REST_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 250;
const BUSY_WITHIN_MS = 1_000;

/** Longer than any run takes that ends by itself, where none is made to take long. */
const RUN_MS_MAX = 5_000;

/**
 * For a second all that was due has been under way; these processes live, and nobody else holds a
 * run, nor anybody one for so long.
 */
const restedWith = (pids: readonly (number | null)[], runningForMs: number): string => `
with clock as (select extract(epoch from clock_timestamp()) * 1000 - 1000 as at)
select not exists (select from belfry.schedule, clock where enabled = 1 and next_at < at)
  and not exists (select from belfry.pending, clock where ready_at < at)
  and not exists (select from belfry.running r, clock
    where r.started_at < clock.at - ${runningForMs} or not exists (select from belfry.node n where n.id = r.node and n.state = 'alive'))
  and (select coalesce(array_agg(pid order by pid), '{}') from belfry.node where state = 'alive')
    = array(select unnest('{${pids.join(",")}}'::bigint[]) order by 1) as holds`;

/** What may keep a fleet from its rest. */
const LEFT = `
with clock as (select extract(epoch from clock_timestamp()) * 1000 as at)
select (select count(*) from belfry.schedule, clock where enabled = 1 and next_at < at - 1000) as unplanned,
  (select count(*) from belfry.pending, clock where ready_at < at - 1000) as unclaimed,
  (select json_agg(json_build_array(node, at - started_at)) from belfry.running, clock) as running,
  (select json_agg(json_build_array(id, pid, lease_until - at)) from belfry.node, clock
    where state = 'alive') as alive`;

export interface FleetOptions {
  readonly nodes?: number;
  /** Of the store, as whoever judges has it. */
  readonly url: string;
  /** Of the store, as this node has it; absent: the same. */
  readonly urlOf?: ((node: number) => string) | undefined;
  /** In the environment of this node, beside what all have. */
  readonly environment?: ((node: number) => NodeJS.ProcessEnv) | undefined;
  /** Its path within `soak/`. */
  readonly config?: string | undefined;
}

/** Real nodes on one store that keeps a ledger. */
export class Fleet implements AsyncDisposable {
  readonly url: string;
  readonly nodes: readonly SoakNode[];
  /** All that the nodes have told but what they did run by run. */
  readonly #told: { readonly node: string; readonly line: Told }[] = [];
  /** By run, the end that a node has told of, since the store had taken it. */
  readonly #acknowledged: Map<string, string> = new Map();
  readonly #effects: string;
  readonly #leaseMs: number;
  readonly #durationMs: number;
  #beginnings: Beginnings = new Map();

  private constructor(setting: Setting, options: FleetOptions) {
    this.url = options.url;
    this.#leaseMs = setting.leaseMs;
    this.#durationMs = setting.durationMs;
    this.#effects = join(setting.folder, "effects");
    writeFileSync(this.#effects, "", { mode: 0o666 });
    const { urlOf, config = "chaos/fleet.config.ts", environment = () => ({}) } = options;
    this.nodes = Array.from(
      { length: options.nodes ?? setting.nodes },
      (_, index) =>
        new SoakNode(
          `n${index + 1}`,
          {
            CHAOS_STORE: urlOf?.(index) ?? options.url,
            CHAOS_EFFECTS: this.#effects,
            CHAOS_RATE: String(setting.rate),
            CHAOS_LEASE_MS: String(setting.leaseMs),
            BELFRY_HTTP: "127.0.0.1:0",
            ...environment(index),
          },
          config,
          (line) => this.#hear(`n${index + 1}`, line),
        ),
    );
  }

  /** Resolves when all nodes are at work and the ledger is kept. */
  static async start(setting: Setting, options: FleetOptions): Promise<Fleet> {
    const fleet = new Fleet(setting, options);
    try {
      // The first makes the tables; in them the ledger is kept before anything can have run.
      for (const node of fleet.nodes) {
        node.start();
        if (node === fleet.nodes[0]) await fleet.#tables();
      }
      await fleet.joined(fleet.nodes.length);
      await fleet.begin();
      return fleet;
    } catch (error) {
      await fleet[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** What is due from now on is accounted for in the end, and what nodes tell from now on. */
  async begin(): Promise<void> {
    await using store = await this.open();
    this.#beginnings = await readBeginnings(store);
    this.#acknowledged.clear();
  }

  async open(): Promise<PostgresStore & AsyncDisposable> {
    const { url } = this;
    const store = await PostgresStore.open({ url, clock: systemClock, random: systemRandom });
    return Object.assign(store, { [Symbol.asyncDispose]: () => store.close() });
  }

  /** Resolves when so many nodes are alive in the store. */
  async joined(count: number, withinMs: number = READY_WITHIN_MS): Promise<void> {
    await this.until(
      `${count} nodes are at work`,
      `select count(*) >= ${count} as holds from belfry.node
       where state = 'alive' and lease_until > extract(epoch from clock_timestamp()) * 1000
         and exists (select from belfry.node_task where node = node.id)`,
      withinMs,
    );
  }

  /** Resolves when the database says that it holds. */
  async until(what: string, sql: string, withinMs: number = READY_WITHIN_MS): Promise<void> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const [row] = await asked(this.url, sql).catch(() => []);
      if (row?.["holds"] === true || row?.["holds"] === 1) return;
      if (performance.now() > deadline) throw new Error(`not after ${withinMs} ms: ${what}`);
      await sleep(LOOK_EVERY_MS);
    }
  }

  /** Resolves when this node has a run under way, or after a second: some are to be caught idle. */
  async busy({ pid }: SoakNode): Promise<void> {
    const sql = `select exists (select from belfry.running r join belfry.node n on n.id = r.node
      where n.pid = ${pid ?? 0} and n.state = 'alive') as holds`;
    await this.until("the node has a run under way", sql, BUSY_WITHIN_MS).catch(() => {});
  }

  /** The incarnation that this node is now, which can do nothing more once `deed` is done. */
  async gone(node: SoakNode, deed: () => unknown): Promise<Gone | null> {
    const [row] = await asked(
      this.url,
      `select id from belfry.node where pid = ${node.pid ?? 0} and state = 'alive'`,
    );
    await deed();
    return row === undefined ? null : { node: String(row["id"]), at: Date.now() };
  }

  /** What any node has told of this kind. */
  heard(event: string): readonly { readonly node: string; readonly line: Told }[] {
    return this.#told.filter(({ line }) => line["event"] === event);
  }

  /** Where nobody had to die, each node that was taken for dead is one too many. */
  heardOfDeath(): readonly string[] {
    return this.heard("declared-dead").map(({ node }) => `${node} was declared dead`);
  }

  /** How many runs each has claimed, of those that live now. */
  async runsByNode(): Promise<ReadonlyMap<string, number>> {
    const rows = await asked(
      this.url,
      `select n.pid, count(*) as runs from ledger.claim c join belfry.node n on n.id = c.node
       group by n.pid`,
    );
    const byPid = new Map(rows.map(({ pid, runs }) => [Number(pid), Number(runs)]));
    return new Map(this.nodes.map(({ name, pid }) => [name, byPid.get(pid ?? 0) ?? 0]));
  }

  /** Where everything that comes due must run. */
  async gaps(): Promise<readonly string[]> {
    const rows = await asked(this.url, "select task, reason, count from belfry.gap limit 10");
    return rows.map(({ task, reason, count }) => `${count} of ${task} did not run: ${reason}`);
  }

  /** Beside the store, what the tasks wrote. */
  get effects(): readonly Effect[] {
    return readEffects(this.#effects);
  }

  /** Whoever ended although nobody ended it. */
  get fallen(): readonly string[] {
    return this.nodes.filter(({ fell }) => fell).map(({ name }) => `${name} ended by itself`);
  }

  /**
   * Lets the fleet come to rest, ends it in order and judges all of it.
   *
   * @param options.forgetful the store may have lost attempts that it had acknowledged.
   */
  async finish({ forgetful = false }: { forgetful?: boolean } = {}): Promise<Played> {
    const wrong = [
      ...this.fallen,
      ...(await this.rest(forgetful ? RUN_MS_MAX : Number.MAX_SAFE_INTEGER)),
    ];
    const codes = await Promise.all(this.nodes.map((node) => node.end("SIGTERM")));
    for (const [index, code] of codes.entries()) {
      if (code !== 0) wrong.push(`${this.nodes[index]?.name} ended with ${code}`);
    }
    await using store = await this.open();
    wrong.push(...(await judge(store, this.#effects, this.#beginnings, forgetful)));
    wrong.push(...(await judgeLedger(this.url)));
    if (!forgetful) wrong.push(...(await judgeAcknowledged(this.url, this.#acknowledged)));
    const [counts] = await asked(
      this.url,
      `select (select count(*) from ledger.claim) as attempts,
         (select count(distinct id) from ledger.outcome) as runs,
         (select count(*) from belfry.history where state = 'succeeded') as succeeded,
         (select string_agg(reason || ' ' || count, ', ') from (
           select reason, sum(count) as count from belfry.gap group by reason) g) as gaps`,
    );
    const delays = await startDelays(this.url);
    return {
      figures: {
        minutes: Math.round(this.#durationMs / 6_000) / 10,
        runs: Number(counts?.["runs"]),
        succeeded: Number(counts?.["succeeded"]),
        attempts: Number(counts?.["attempts"]),
        "in gaps": String(counts?.["gaps"] ?? "none"),
        "from due to claim": spread(delays),
        "at the earliest": `${delays[0] ?? 0} ms`,
      },
      wrong,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A process that was stopped hears nothing but this.
    for (const node of this.nodes) await node.end("SIGKILL");
  }

  /**
   * Resolves when all that went wrong is made good again: what is due is planned and claimed, and
   * those who live do. Says so where that takes too long.
   *
   * @param runningForMs for how long a run may be under way then.
   */
  async rest(runningForMs: number = Number.MAX_SAFE_INTEGER): Promise<readonly string[]> {
    const within = 2 * this.#leaseMs + REST_WITHIN_MS;
    const rested = restedWith(
      this.nodes.map(({ pid }) => pid),
      runningForMs,
    );
    try {
      await this.until("everything that is due is under way", rested, within);
      return [];
    } catch (error) {
      return [`${error}: ${JSON.stringify(await asked(this.url, LEFT).catch(String))}`];
    }
  }

  async #tables(): Promise<void> {
    await this.until(
      "the tables are made",
      "select exists (select from pg_tables where schemaname = 'belfry' and tablename = 'audit') as holds",
    );
    await keepLedger(this.url);
  }

  #hear(node: string, line: Told): void {
    const { event, run, state } = line;
    if (event === "ended" && state !== "pending")
      this.#acknowledged.set(String(run), String(state));
    if (event === "attempt" || event === "ended") return;
    this.#told.push({ node, line });
  }
}

/** Does it again and again for the time of the setting, so long after it was last done. */
export async function again(
  durationMs: number,
  everyMs: number,
  deed: (turn: number) => Promise<void>,
): Promise<void> {
  const until = performance.now() + durationMs;
  for (let turn = 0; performance.now() + everyMs < until; turn++) {
    await sleep(everyMs);
    await deed(turn);
  }
}
