import { asked } from "../../postgres-server.ts";
import { Fleet } from "../fleet.ts";
import type { Scenario } from "../scenario.ts";

const DOWN_MS = 3 * 86_400_000;
const MINUTE_MS = 60_000;
const WITHIN_MS = 10_000;
const MEMORY_MAX_MIB = 400;
/** What is never run of a longer downtime, whatever the policy. */
const NEWEST = 1_000;
/** Schedules for each of the occurrences a second that others have. */
const SCHEDULES_PER_RATE = 5;

/** As though the last that anybody heard of this store was three days ago. */
const AGE = [
  `update belfry.schedule set cursor_at = cursor_at - ${DOWN_MS}, next_at = next_at - ${DOWN_MS}`,
  `update belfry.node set lease_until = lease_until - ${DOWN_MS}, started_at = started_at - ${DOWN_MS},
     ended_at = ended_at - ${DOWN_MS}`,
  `update belfry.meta set high_at = high_at - ${DOWN_MS}`,
  "truncate belfry.pending, belfry.running, belfry.history, belfry.gap",
  "truncate ledger.claim, ledger.left_node, ledger.outcome, ledger.saved",
];

const CAUGHT_UP = `
  select not exists (select from belfry.schedule
    where enabled = 1 and next_at < extract(epoch from clock_timestamp()) * 1000) as holds`;

export const downtime: Scenario = {
  name: "downtime",
  words: "nothing was alive for three days, in which many schedules came due each minute",
  nodes: 1,
  shortMs: 0,
  async play(setting) {
    const { server, rate, slackMs } = setting;
    const schedules = rate * SCHEDULES_PER_RATE;
    await using fleet = await Fleet.start(
      { ...setting, nodes: 1 },
      {
        url: await server.database(),
        config: "chaos/downtime.config.ts",
        environment: () => ({ CHAOS_SCHEDULES: String(schedules) }),
      },
    );
    const [node] = fleet.nodes;
    if (node === undefined) throw new Error("a fleet has a node");
    await node.end("SIGTERM");
    for (const sql of AGE) await asked(fleet.url, sql);
    await fleet.begin();
    let memory = 0;
    const sampling = setInterval(() => {
      memory = Math.max(memory, node.memory() ?? 0);
    }, 100);
    try {
      const backAt = Date.now();
      const from = performance.now();
      node.start();
      await fleet.until("all is caught up", CAUGHT_UP);
      const tookMs = Math.round(performance.now() - from);
      const { figures, wrong } = await fleet.finish();
      return {
        figures: {
          ...figures,
          schedules,
          "caught up in": `${tookMs} ms`,
          memory: `${Math.round(memory)} MiB at most`,
        },
        wrong: [
          ...wrong,
          ...(await judgePolicies(fleet.url, backAt)),
          ...(tookMs > WITHIN_MS + slackMs ? [`catching up took ${tookMs} ms`] : []),
          ...(memory > MEMORY_MAX_MIB ? [`the node took ${Math.round(memory)} MiB`] : []),
        ],
      };
    } finally {
      clearInterval(sampling);
    }
  },
};

/** Of what was missed: how many runs each task has, by the policy that its name begins with. */
async function judgePolicies(url: string, backAt: number): Promise<readonly string[]> {
  const rows = await asked(
    url,
    `select t.name, (select count(*) from belfry.history h where h.task = t.name and h.due_at <= ${backAt})
       + (select count(*) from belfry.pending p where p.task = t.name and p.due_at <= ${backAt}) as runs,
       (select coalesce(sum(count), 0)::bigint from belfry.gap g where g.task = t.name) as missed
     from belfry.task t`,
  );
  return rows.flatMap(({ name, runs, missed }) =>
    judgePolicy(String(name), Number(runs), Number(missed)),
  );
}

export function judgePolicy(name: string, runs: number, missed: number): readonly string[] {
  const due = Math.floor(DOWN_MS / MINUTE_MS);
  const [fewest, most] = name.startsWith("all")
    ? [NEWEST, NEWEST]
    : // A node that takes its time to come back may find the newest too late, or another one due.
      name.startsWith("none")
      ? [0, 1]
      : [1, 1];
  return [
    ...(runs < fewest || runs > most ? [`${name} has ${runs} runs of what it missed`] : []),
    ...(Math.abs(runs + missed - due) > 1
      ? [`${name} has ${runs} runs and ${missed} in gaps`]
      : []),
  ];
}
