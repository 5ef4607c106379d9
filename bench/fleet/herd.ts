/*
 * 10,000 and 100,000 schedules due in the same second: when half and when the last have started, and
 * how long the node takes to say on /readyz that it is well meanwhile. Beside croner, all in memory,
 * and BullMQ, at 10,000.
 */
import { type Job, Queue, Worker } from "bullmq";
import { Cron } from "croner";
import { systemEntropy } from "../../packages/belfry/src/clocks/system.ts";
import { scheduleId } from "../../packages/belfry/src/core/identity.ts";
import { at, openBelfry, task } from "../../packages/belfry/src/index.ts";
import { inProcess, reply } from "../child.ts";
import { median, percentile, printTable, round, sleep, wallClock } from "../figures.ts";
import type { Place } from "./contender.ts";
import { ask } from "./postgres.ts";
import { withServers } from "./servers.ts";

const SIZES = (process.env["BENCH_SCHEDULES"] ?? "10000,100000").split(",").map(Number);
const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 3);
const PEERS_MOST = 10_000;
const READY_EVERY_MS = 10;
/** For the node to be at rest once its schedules are there. */
const LEAD_MS = 8_000;

interface Started {
  readonly half: number;
  readonly last: number;
  /** Slowest answer of /readyz, ms; null: it has none. */
  readonly readyMs: number | null;
}

export interface Herd extends Started {
  readonly name: string;
  readonly schedules: number;
}

export type HerdFigures = readonly Herd[] | null;

type Way = (place: Place, count: number) => Promise<Started>;

function wholeSecondIn(ms: number): number {
  return Math.ceil((Date.now() + ms) / 1_000) * 1_000;
}

function startedOf(late: readonly number[], readyMs: number | null): Started {
  return { half: percentile(late, 0.5), last: Math.max(...late), readyMs };
}

/** One schedule is made as a program would, the others as copies of its row: the rest is waiting. */
const COPY = `insert into belfry.schedule
    (id, task, key, source, parts, payload, revision, enabled, cursor_at, next_at)
  select c.id, task, c.key, source, parts, payload, revision, enabled, cursor_at, next_at
  from belfry.schedule, unnest($1::text[], $2::text[]) c(id, key) where schedule.id = $3`;

const belfry: Way = async ({ postgres }, count) => {
  const late: number[] = [];
  const all = Promise.withResolvers<void>();
  const herd = task("herd", {
    concurrency: "unlimited",
    run: ({ dueAt, run }) => {
      if (run.trigger.kind !== "schedule") return;
      late.push(wallClock() - dueAt.getTime());
      if (late.length === count) all.resolve();
    },
  });
  await using node = await openBelfry({
    store: postgres,
    name: "bench",
    tasks: [herd],
    node: { concurrency: count, http: "127.0.0.1:0" },
  });
  await node.start();
  await node.trigger(herd).then((run) => run.finished());
  const dueAt = wholeSecondIn(LEAD_MS + count / 10);
  await node.schedules.set("herd", "first", { schedule: at(new Date(dueAt)) });
  const keys = Array.from({ length: count - 1 }, () => systemEntropy());
  const ids = keys.map((key) => scheduleId("herd", key));
  await ask(postgres, COPY, [ids, keys, scheduleId("herd", "first")]);
  await ask(postgres, "vacuum analyze belfry.schedule");
  const left = dueAt - Date.now();
  if (left < 3_000) throw new Error(`${count} schedules were made with only ${left} ms to spare`);
  await sleep(left - 500);
  const stop = new AbortController();
  const ready = slowestReady(`http://${node.http}/readyz`, stop.signal);
  await all.promise;
  stop.abort();
  return startedOf(late, await ready);
};

/** Asked at a steady rate by the process itself: what keeps it from asking keeps others waiting too. */
async function slowestReady(url: string, signal: AbortSignal): Promise<number> {
  let slowest = 0;
  let due = performance.now();
  while (!signal.aborted) {
    due += READY_EVERY_MS;
    await sleep(Math.max(0, due - performance.now()));
    await (await fetch(url)).arrayBuffer();
    slowest = Math.max(slowest, performance.now() - due);
    due = Math.max(due, performance.now());
  }
  return slowest;
}

const croner: Way = async (_, count) => {
  const late: number[] = [];
  const all = Promise.withResolvers<void>();
  const dueAt = wholeSecondIn(LEAD_MS);
  const fire = (): void => {
    late.push(wallClock() - dueAt);
    if (late.length === count) all.resolve();
  };
  for (let made = 0; made < count; made++) new Cron(new Date(dueAt), fire);
  if (Date.now() > dueAt - 1_000) throw new Error("making the jobs took too long");
  await all.promise;
  return startedOf(late, null);
};

const bullmq: Way = async ({ redis }, count) => {
  if (redis === null) throw new Error("BullMQ needs Redis");
  const connection = { path: redis, maxRetriesPerRequest: null };
  const late: number[] = [];
  const all = Promise.withResolvers<void>();
  const dueAt = wholeSecondIn(LEAD_MS + count);
  const queue = new Queue("herd", { connection });
  const due = new Date(dueAt);
  const pattern = `${due.getUTCSeconds()} ${due.getUTCMinutes()} ${due.getUTCHours()} * * *`;
  for (let made = 0; made < count; made += 500) {
    const ids = Array.from({ length: Math.min(500, count - made) }, (_, index) => made + index);
    await Promise.all(ids.map((id) => queue.upsertJobScheduler(`s${id}`, { pattern, tz: "UTC" })));
  }
  const start = async (_job: Job): Promise<void> => {
    late.push(wallClock() - dueAt);
    if (late.length === count) all.resolve();
  };
  const worker = new Worker("herd", start, { connection, concurrency: 200 });
  worker.on("error", (error) => console.error(error));
  await worker.waitUntilReady();
  if (Date.now() > dueAt - 1_000) throw new Error("making the schedulers took too long");
  await all.promise;
  await worker.close(true);
  await queue.close();
  return startedOf(late, null);
};

const WAYS = { belfry, croner, bullmq } as const;
type WayName = keyof typeof WAYS;

export async function run(): Promise<HerdFigures> {
  return await withServers(["belfry", "bullmq"], async ({ contenders, place }) => {
    const names: readonly WayName[] = contenders.includes("bullmq")
      ? ["belfry", "croner", "bullmq"]
      : ["belfry", "croner"];
    const figures: Herd[] = [];
    for (const schedules of SIZES) {
      for (const name of names) {
        if (name !== "belfry" && schedules > PEERS_MOST) continue;
        const rounds: Started[] = [];
        for (let turn = 0; turn < ROUNDS; turn++) {
          const where = await place(name === "croner" ? "belfry" : name);
          const words = [name, JSON.stringify(where), String(schedules)];
          rounds.push(await inProcess<Started>(import.meta.filename, words));
        }
        figures.push({ name, schedules, ...middle(rounds) });
      }
    }
    return figures;
  });
}

function middle(rounds: readonly Started[]): Started {
  const ready = rounds.flatMap(({ readyMs }) => readyMs ?? []);
  return {
    half: round(median(rounds.map(({ half }) => half)), 1),
    last: round(median(rounds.map(({ last }) => last)), 1),
    readyMs: ready.length === 0 ? null : round(median(ready), 1),
  };
}

export function print(figures: HerdFigures): void {
  if (figures === null) return;
  printTable([
    ["schedules due in one second", "schedules", "half started, ms", "last, ms", "/readyz, ms"],
    ...figures.map(({ name, schedules, half, last, readyMs }) => [
      name,
      schedules,
      half,
      last,
      readyMs ?? "",
    ]),
  ]);
}

function isWay(name: string): name is WayName {
  return name in WAYS;
}

if (import.meta.main) {
  const [, , name, place = "{}", count] = process.argv;
  if (name === undefined || !isWay(name)) {
    print(await run());
  } else {
    // Written by `run`, above.
    reply(await WAYS[name](JSON.parse(place) as Place, Number(count)));
    setTimeout(() => process.exit(), 500).unref();
  }
}
