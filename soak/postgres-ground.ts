import { setTimeout as sleep } from "node:timers/promises";
import { systemClock, systemRandom } from "../packages/belfry/src/clocks/system.ts";
import { PostgresStore } from "../packages/belfry/src/stores/postgres/store.ts";
import { occupancyOf, watchGates } from "./gate-watch.ts";
import type { Ground } from "./ground.ts";
import { asked, SoakServer } from "./postgres-server.ts";

/** A server of its own, which crashes, stands still, and ends its lines. */
export async function postgresGround(folder: string, leaseMs: number): Promise<Ground> {
  const server = await SoakServer.start(folder);
  const { url } = server;
  return {
    url,
    faults: [
      async () => {
        await server.crash();
        return "the server crashed and came back";
      },
      async () => {
        const ended = await asked(url, END_LINES);
        return `the server ended ${ended.length} lines`;
      },
      async () => {
        // Shorter than what a lease lasts from its last renewal: nobody need lose it.
        await server.standStill(leaseMs / 2);
        return `the server stood still for ${leaseMs / 2_000} s`;
      },
      async () => {
        await server.crash();
        await sleep(leaseMs / 4);
        await server.crash();
        return "the server crashed twice";
      },
    ],
    open: () => PostgresStore.open({ url, clock: systemClock, random: systemRandom }),
    watch: () => watchGates(url),
    sizes: () => ({}),
    async describe() {
      const { gates, changes, most } = await occupancyOf(url);
      const fullest = [...most].map(([gate, { held, max }]) => `${gate} ${held}/${max}`);
      return [
        `${changes} changes at ${gates} gates; held at most: ${fullest.join(", ")}`,
        ...server.complaints().map(([what, times]) => `the server said ${times} times: ${what}`),
      ];
    },
    async judge() {
      const { over } = await occupancyOf(url);
      const dead = await asked(url, LEFT_BEHIND);
      return [
        ...over,
        ...dead.map(({ id, node }) => `${id} is still running under ${node}, which is gone`),
      ];
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const END_LINES = `select pg_terminate_backend(pid) from pg_stat_activity
  where application_name like 'belfry%' and pid <> pg_backend_pid()`;

const LEFT_BEHIND = `select id, node from belfry.running r
  where not exists (select from belfry.node n where n.id = r.node and n.state = 'alive')`;
