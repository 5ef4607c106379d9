/*
 * A fleet on PostgreSQL under everything that goes wrong, a scenario at a time, in real time, with
 * real processes and servers. Each is judged in the end from the tables, from a ledger that the
 * database keeps by triggers, and from what the tasks wrote beside the store.
 *
 *   npm run chaos -- [--scenario NAME]… [--minutes 10] [--nodes N] [--rate 200] [--lease 6] [--seed S] [--json]
 */
import { parseArgs } from "node:util";
import { Stage } from "./play.ts";
import { SCENARIOS } from "./scenarios/index.ts";

const { values } = parseArgs({
  options: {
    scenario: { type: "string", multiple: true },
    minutes: { type: "string", default: "10" },
    /** Occurrences a second. */
    rate: { type: "string", default: "200" },
    nodes: { type: "string" },
    /** Of a node, seconds. */
    lease: { type: "string", default: "6" },
    /** What chance decides is decided so again. */
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    json: { type: "boolean", default: false },
  },
});

const names = SCENARIOS.map(({ name }) => name).join(", ");
const chosen = (values.scenario ?? SCENARIOS.map(({ name }) => name)).map((wanted) => {
  const found = SCENARIOS.find(({ name }) => name === wanted);
  if (found === undefined) throw new Error(`There is no scenario "${wanted}": ${names}.`);
  return found;
});

const tell = (line: string): void => console.error(line);
let failed = false;
await using stage = await Stage.open();
for (const scenario of chosen) {
  tell(`${scenario.name}, seed ${values.seed}: ${scenario.words}`);
  const { figures, wrong } = await stage.play(scenario, {
    durationMs: Number(values.minutes) * 60_000,
    nodes: Number(values.nodes ?? scenario.nodes),
    leaseMs: Number(values.lease) * 1_000,
    rate: Number(values.rate),
    slackMs: 0,
    seed: values.seed,
    tell,
  });
  failed ||= wrong.length > 0;
  if (values.json) {
    console.log(JSON.stringify({ scenario: scenario.name, seed: values.seed, figures, wrong }));
    continue;
  }
  for (const [what, figure] of Object.entries(figures)) console.log(`  ${what}: ${figure}`);
  for (const line of wrong.slice(0, 20)) console.log(`  wrong: ${line}`);
  console.log(wrong.length === 0 ? "  all holds" : `  ${wrong.length} things are wrong`);
}
process.exitCode = failed ? 1 : 0;
