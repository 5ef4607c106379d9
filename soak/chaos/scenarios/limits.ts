import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { occupancyOf, watchGates } from "../../gate-watch.ts";
import { judgeKeys } from "../../judge.ts";
import { asked, SoakServer } from "../../postgres-server.ts";
import { Visitors } from "../../visitors.ts";
import { again, Fleet } from "../fleet.ts";
import { startDelays } from "../ledger.ts";
import { quantile, type Scenario } from "../scenario.ts";

const EVERY_MS = 5_000;
const VISIT_MS = 100;
const LOOK_MS = 500;
/** A slot that is free is given away in the transaction that frees it, or at the next arrival. */
const STILL_MS = 4_000;
/** Behind a gate that is full they would wait for ever; killed nodes and busy machines cost less. */
const LATE_MS = 1_000;
/** Of each kind of overlap, of the tasks that have a limit. */
const EACH = 15;
const VISITED = ["skip", "queue", "replace"].map((overlap) => `witness-${overlap}-0`);

export const limits: Scenario = {
  name: "limits",
  words:
    "fifty tasks find their limit reached, while runs are cancelled, nodes killed, limits changed",
  nodes: 8,
  shortMs: 7_000,
  async play(setting) {
    const { folder, durationMs, dice, rate, slackMs } = setting;
    await using server = await SoakServer.start(folder);
    const limitFile = join(folder, "limit");
    writeFileSync(limitFile, "1");
    await using fleet = await Fleet.start(setting, {
      url: await server.database(),
      config: "chaos/limits.config.ts",
      environment: () => ({
        CHAOS_LIMIT_FILE: limitFile,
        CHAOS_GATED: String(Math.min(EACH, rate)),
      }),
    });
    await watchGates(fleet.url);
    await using store = await fleet.open();
    const visitors = new Visitors(store, [...VISITED, "witness-keyed-0"], VISIT_MS);
    const still = new StandStill();
    let looks = false;
    const looking = setInterval(() => {
      // One at a time: on a busy machine they would take all connections there are.
      if (looks) return;
      looks = true;
      gatesWithRoom(fleet.url)
        .then(
          (gates) => still.seen(gates, performance.now()),
          () => {},
        )
        .finally(() => {
          looks = false;
        });
    }, LOOK_MS);
    const since = Date.now();
    let limit = 1;
    try {
      await again(durationMs, Math.min(EVERY_MS, durationMs / 5), async (turn) => {
        const node = dice.anyOf(fleet.nodes);
        if (node === null) return;
        if (turn % 5 === 3) {
          // A release with another limit: it counts from when the first node brings it.
          limit = 3 - limit;
          writeFileSync(limitFile, String(limit));
        }
        await node.end(turn % 3 === 0 ? "SIGKILL" : "SIGTERM");
        node.start();
      });
      await visitors.end();
    } finally {
      clearInterval(looking);
      await visitors.abandon();
    }
    await sleep(LOOK_MS);
    const { figures, wrong } = await fleet.finish();
    const { gates, changes, most, over } = await occupancyOf(fleet.url);
    const late = quantile(await startDelays(fleet.url, { since, tasks: "witness-free-%" }), 0.9);
    const fullest = Math.max(...[...most.values()].map(({ held, max }) => (max > 2 ? 0 : held)));
    const deadlocks = server.complaints().filter(([what]) => /deadlock/i.test(what));
    return {
      figures: {
        ...figures,
        gates,
        "changes of their occupancy": changes,
        "held at most": fullest,
        "runs cancelled": visitors.cancelled,
        "keys given twice": visitors.keys.size,
        "without a limit, p90": `${late} ms`,
      },
      wrong: [
        ...wrong,
        ...over,
        ...still.wrong,
        ...visitors.wrong,
        ...(await judgeKeys(store, visitors.keys)),
        ...deadlocks.map(([what, times]) => `${times} times: ${what}`),
        ...(late > LATE_MS + slackMs ? [`behind full gates runs waited ${late} ms (p90)`] : []),
        ...(fullest === 0 ? ["no gate was ever used"] : []),
      ],
    };
  },
};

/** Gates at which somebody waits though they have room. */
async function gatesWithRoom(url: string): Promise<readonly string[]> {
  const rows = await asked(
    url,
    `select g.id from belfry.gate g
     where exists (select from belfry.pending p where p.gate = g.id and p.slot = 0
         and (p.parked = 'gate' or p.ready_at < extract(epoch from clock_timestamp()) * 1000))
       and g.max > (select count(*) from belfry.running r where r.gate = g.id)
         + (select count(*) from belfry.pending p where p.gate = g.id and p.slot = 1)`,
  );
  return rows.map(({ id }) => String(id));
}

/** Gates that have had room for longer than it takes to give it away, while somebody waited. */
export class StandStill {
  readonly #since: Map<string, number> = new Map();
  readonly #wrong = new Set<string>();

  /** @param gates that have room, and at which somebody waits, as of this look. */
  seen(gates: readonly string[], at: number): void {
    for (const gate of this.#since.keys()) if (!gates.includes(gate)) this.#since.delete(gate);
    for (const gate of gates) {
      const since = this.#since.get(gate) ?? at;
      this.#since.set(gate, since);
      if (at - since > STILL_MS) this.#wrong.add(`runs stand still at ${gate}, which has room`);
    }
  }

  get wrong(): readonly string[] {
    return [...this.#wrong];
  }
}
