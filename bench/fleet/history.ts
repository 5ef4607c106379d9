/*
 * What kept history costs on PostgreSQL: the drain of no-op runs on a store with 1,000,000 ended runs
 * of the last 30 days, beside an empty one, and how long an operator's questions take there.
 * BENCH_KEPT=10000000 takes minutes to make.
 */
import { systemClock, systemRandom } from "../../packages/belfry/src/clocks/system.ts";
import { openBelfry } from "../../packages/belfry/src/index.ts";
import { Connection } from "../../packages/belfry/src/stores/postgres/connection.ts";
import { makePartitions } from "../../packages/belfry/src/stores/postgres/partitions.ts";
import { median, printTable, round } from "../figures.ts";
import { ask } from "./postgres.ts";
import { withServers } from "./servers.ts";
import { step } from "./step.ts";

const KEPT = Number(process.env["BENCH_KEPT"] ?? 1_000_000);
const RUNS = Number(process.env["BENCH_RUNS"] ?? 100_000);
const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 3);
const TASKS = 100;
const DAYS = 30;
const DAY_MS = 86_400_000;

export interface KeptFigures {
  readonly kept: number;
  readonly emptyPerSecond: number;
  readonly fullPerSecond: number;
  /** Ms, by question; the median of the rounds. */
  readonly questions: Readonly<Record<string, number>>;
}

/** As the engine would have written them: an id begins with 48 bits of the due instant. */
const FILL = `insert into belfry.history (id, task, due_at, created_at, ready_at, definition,
    trigger_kind, trigger_by, attempts, node, fence, started_at, ended_at, outcome, state)
  select overlay(overlay(gen_random_uuid()::text
      placing substr(lpad(to_hex(at), 12, '0'), 1, 8) from 1 for 8)
      placing substr(lpad(to_hex(at), 12, '0'), 9, 4) from 10 for 4),
    case when n % 2 = 0 then 'noop' else 'other-' || n % ${TASKS} end, at, at, at, definition,
    'manual', 'bench', '', 'bench', n, at, at, 'succeeded', 'succeeded'
  from (select n, cast($1::bigint + n * ($2::float8 / $3::float8) as bigint) as at
    from generate_series(0, $3::bigint - 1) n) made, belfry.task where name = 'noop'`;

async function fill(url: string): Promise<void> {
  const clock = systemClock;
  const now = Date.now();
  const line = await Connection.open({ url, purpose: "bench", deadlineMs: 60_000, clock });
  for (let day = DAYS; day > 0; day -= 1) {
    await makePartitions(line, { clock, random: systemRandom }, now - day * DAY_MS);
  }
  await line.close();
  await ask(url, FILL, [now - DAYS * DAY_MS, DAYS * DAY_MS, KEPT]);
  await ask(url, "vacuum analyze");
}

async function questions(url: string): Promise<Record<string, number>> {
  await using belfry = await openBelfry({ store: url });
  const newest = async (task: string): Promise<string> => {
    let id = "";
    for await (const run of belfry.runs.list({ task, limit: 50 })) id = run.id;
    return id;
  };
  const id = await newest("noop");
  const asked: readonly (readonly [string, () => Promise<unknown>])[] = [
    ["newest 50 of a task", () => newest("other-7")],
    ["newest 50 of the task with half of them", () => newest("noop")],
    ["one run by id", () => belfry.runs.get(id)],
  ];
  const answers: Record<string, number> = {};
  for (const [name, question] of asked) {
    const rounds: number[] = [];
    for (let turn = 0; turn < 11; turn++) {
      const beganAt = performance.now();
      await question();
      rounds.push(performance.now() - beganAt);
    }
    answers[name] = round(median(rounds));
  }
  return answers;
}

export async function run(): Promise<KeptFigures | null> {
  return await withServers(["belfry"], async ({ place }) => {
    const full = await place("belfry");
    await step("belfry", "preload", full, 0);
    await fill(full.postgres);
    const answers = await questions(full.postgres);
    const rates: Record<"empty" | "full", number[]> = { empty: [], full: [] };
    for (let turn = 0; turn < ROUNDS; turn++) {
      const empty = await place("belfry");
      for (const [kind, where] of [["empty", empty] as const, ["full", full] as const]) {
        await step("belfry", "preload", where, RUNS);
        await ask(where.postgres, "vacuum analyze");
        await ask(where.postgres, "checkpoint");
        rates[kind].push((await step("belfry", "drain", where, RUNS)).jobsPerSecond);
      }
    }
    return {
      kept: KEPT,
      emptyPerSecond: Math.round(median(rates.empty)),
      fullPerSecond: Math.round(median(rates.full)),
      questions: answers,
    };
  });
}

export function print(figures: KeptFigures | null): void {
  if (figures === null) return;
  const { kept, emptyPerSecond, fullPerSecond } = figures;
  printTable([
    ["drain by the complete engine", "runs/s", "share"],
    ["empty store", emptyPerSecond, 1],
    [`${kept} runs kept`, fullPerSecond, round(fullPerSecond / emptyPerSecond)],
  ]);
  printTable([[`asked of ${kept} kept runs`, "ms"], ...Object.entries(figures.questions)]);
}

if (import.meta.main) print(await run());
