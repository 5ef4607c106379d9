import { setTimeout as sleep } from "node:timers/promises";
import type { Effect } from "../../effects.ts";
import { asked, SoakServer } from "../../postgres-server.ts";
import { Fleet } from "../fleet.ts";
import type { Played, Scenario, Setting } from "../scenario.ts";
import { Wire } from "../wire.ts";

/** How long what is committed has not reached the standby when the primary dies, ms. */
const LAG_MS = 500;

export const failoverSync: Scenario = {
  name: "failover-sync",
  words:
    "the primary dies, and a standby that has every commit is promoted; the old one comes back",
  nodes: 3,
  shortMs: 6_000,
  play: (setting) => failover(setting, "sync"),
};

export const failoverAsync: Scenario = {
  name: "failover-async",
  words:
    "the primary dies, and a standby that lacks the last commits is promoted; the old one comes back",
  nodes: 3,
  shortMs: 6_000,
  play: (setting) => failover(setting, "async"),
};

async function failover(setting: Setting, kind: "sync" | "async"): Promise<Played> {
  const { folder, durationMs, leaseMs, nodes } = setting;
  await using servers = new AsyncDisposableStack();
  const old = servers.use(await SoakServer.start(folder));
  const before = await old.database();
  const standby = servers.use(await old.standby(folder));
  const after = before.replace(/host=.*/, `host=${standby.folder}`);
  if (kind === "sync") await old.waitForStandby();
  // One for each node, and one for whoever judges.
  const wires: Wire[] = [];
  for (let each = 0; each <= nodes; each++) {
    wires.push(servers.use(await Wire.start(folder, `wire${each}`, before)));
  }
  const urlOf = (node: number): string => wires[node]?.url ?? before;
  await using fleet = await Fleet.start(setting, { url: urlOf(nodes), urlOf });
  await sleep(durationMs / 3);

  if (kind === "async") {
    await old.keepFromStandby();
    await sleep(LAG_MS);
  }
  old.leave();
  const highest = highestFence(fleet.effects);
  await standby.promote();
  for (const wire of wires) wire.lead(after);
  await sleep(durationMs / 3 + leaseMs);

  await old.comeBack();
  const left = await lookAt(before);
  wires[0]?.lead(before);
  await sleep(durationMs / 3 + leaseMs);
  const found = await lookAt(before);
  wires[0]?.lead(after);

  const { figures, wrong } = await fleet.finish({ forgetful: kind === "async" });
  return {
    figures: { ...figures, "ended twice": endedTwice(fleet.effects) },
    wrong: [
      ...wrong,
      ...(left === found ? [] : [`somebody worked on the old primary: ${left} became ${found}`]),
      ...(await repeatedFences(after, highest)),
    ],
  };
}

/** What changes where anybody works. */
async function lookAt(url: string): Promise<string> {
  const [row] = await asked(
    url,
    `select (select last_value from belfry.fence_number) as fence,
       (select count(*) from ledger.claim) as claims, (select count(*) from ledger.outcome) as outcomes,
       (select max(lease_until) from belfry.node) as lease, (select max(cursor_at) from belfry.schedule) as cursor`,
  );
  return JSON.stringify(row);
}

export function highestFence(effects: readonly Effect[]): number {
  return effects.reduce((highest, { fence }) => Math.max(highest, fence), 0);
}

/** A server that was promoted draws above all that was ever drawn, also what it never heard of. */
async function repeatedFences(url: string, highest: number): Promise<readonly string[]> {
  const rows = await asked(
    url,
    `select min(fence) as lowest from ledger.claim
     where fence >> 40 = (select max(fence >> 40) from ledger.claim)`,
  );
  const lowest = Number(rows[0]?.["lowest"]);
  return judgeFences(lowest, highest);
}

export function judgeFences(lowest: number, highest: number): readonly string[] {
  return lowest > highest
    ? []
    : [`fence ${lowest} was drawn after the failover, and ${highest} before it`];
}

/** Runs whose first end was lost with the primary, and which ended again. */
function endedTwice(effects: readonly Effect[]): number {
  const ends = effects.filter(({ what }) => what === "end").map(({ run }) => run);
  return ends.length - new Set(ends).size;
}
