/*
 * What a node costs the program it lives in: how late a 1 ms timer of the same process is, and how
 * long its Express application takes to answer, alone and while 5,000 runs a second pass through.
 */
import { once } from "node:events";
import { Agent, get } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import express from "express";
import { every, openBelfry, task } from "../packages/belfry/src/index.ts";
import { inProcess, reply } from "./child.ts";
import { median, percentile, printTable, round, sleep } from "./figures.ts";
import { inScratch } from "./scratch.ts";

const PER_SECOND = Number(process.env["BENCH_RUNS_PER_SECOND"] ?? 5_000);
const SECONDS = Number(process.env["BENCH_SECONDS"] ?? 10);
const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 5);
const REQUEST_EVERY_MS = 5;

type Kind = "alone" | "beside";

interface Cost {
  readonly timerLateP99Ms: number;
  readonly requestP50Ms: number;
  readonly requestP99Ms: number;
  readonly runsPerSecond: number;
}

export interface EmbeddedFigures {
  readonly alone: Cost;
  readonly beside: Cost;
}

/** The program: an application, and a node beside it or not. */
async function program(folder: string, kind: Kind): Promise<void> {
  const server = express()
    .get("/", (_request, response) => response.json({ hello: "world" }))
    .listen(0, "127.0.0.1");
  // A connection that has rested for a while must not be closed under the client that takes it up.
  server.keepAliveTimeout = 60_000;
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  let runs = 0;
  const tick = task("tick", {
    concurrency: "unlimited",
    run: async () => {
      runs += 1;
    },
  });
  await using node = await openBelfry({
    store: `sqlite:${join(folder, `${kind}.db`)}`,
    tasks: [tick],
    node: { concurrency: 2 * PER_SECOND },
  });
  if (kind === "beside") {
    await node.start();
    const keys = Array.from({ length: PER_SECOND }, (_, index) => index);
    await Promise.all(
      keys.map((key) => {
        const schedule = every("1s", { anchor: new Date((key * 1_000) / PER_SECOND) });
        return node.schedules.set("tick", `customer-${key}`, { schedule });
      }),
    );
    await sleep(5_000);
  }
  const stop = new AbortController();
  const timers = lateTimers(stop.signal);
  const clients = inProcess<number[]>(fileURLToPath(import.meta.url), ["ask", `${address.port}`]);
  runs = 0;
  const beganAt = performance.now();
  const latencies = await clients;
  const seconds = (performance.now() - beganAt) / 1_000;
  stop.abort();
  server.close();
  server.closeAllConnections();
  const late = await timers;
  reply({
    timerLateP99Ms: percentile(late, 0.99),
    requestP50Ms: percentile(latencies, 0.5),
    requestP99Ms: percentile(latencies, 0.99),
    runsPerSecond: runs / seconds,
  } satisfies Cost);
}

/** How late each of a chain of 1 ms timers was, ms. */
async function lateTimers(signal: AbortSignal): Promise<number[]> {
  const late: number[] = [];
  while (!signal.aborted) {
    const armedAt = performance.now();
    await sleep(1);
    late.push(performance.now() - armedAt - 1);
  }
  return late;
}

/** A client: asks at a steady rate, whether the last answer has come or not. */
async function ask(port: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const latencies: number[] = [];
  const beganAt = performance.now();
  const under: Promise<void>[] = [];
  for (let count = 0; count * REQUEST_EVERY_MS < SECONDS * 1_000; count++) {
    const wait = beganAt + count * REQUEST_EVERY_MS - performance.now();
    if (wait > 0) await sleep(wait);
    under.push(askOnce(port, agent).then((ms) => void latencies.push(ms)));
  }
  await Promise.all(under);
  agent.destroy();
  reply(latencies);
}

function askOnce(port: number, agent: Agent): Promise<number> {
  const askedAt = performance.now();
  return new Promise((resolve, reject) => {
    get({ port, host: "127.0.0.1", agent }, (response) => {
      response.resume().on("end", () => resolve(performance.now() - askedAt));
    }).on("error", reject);
  });
}

export async function run(): Promise<EmbeddedFigures> {
  return await inScratch(async (folder) => {
    const file = fileURLToPath(import.meta.url);
    const costs: Record<Kind, Cost[]> = { alone: [], beside: [] };
    for (let turn = 0; turn < ROUNDS; turn++) {
      for (const kind of ["alone", "beside"] as const) {
        costs[kind].push(await inProcess<Cost>(file, ["program", folder, kind]));
      }
    }
    return { alone: middle(costs.alone), beside: middle(costs.beside) };
  });
}

function middle(costs: readonly Cost[]): Cost {
  const of = (key: keyof Cost): number => round(median(costs.map((cost) => cost[key])), 2);
  return {
    timerLateP99Ms: of("timerLateP99Ms"),
    requestP50Ms: of("requestP50Ms"),
    requestP99Ms: of("requestP99Ms"),
    runsPerSecond: of("runsPerSecond"),
  };
}

export function print({ alone, beside }: EmbeddedFigures): void {
  const row = (name: string, cost: Cost): (string | number)[] => [
    name,
    cost.timerLateP99Ms,
    cost.requestP50Ms,
    cost.requestP99Ms,
    Math.round(cost.runsPerSecond),
  ];
  printTable([
    ["an Express program", "1 ms timer late p99", "answer p50 ms", "p99 ms", "runs/s"],
    row("alone", alone),
    row("with a node in it", beside),
    ["ratio", "", "", round(beside.requestP99Ms / alone.requestP99Ms), ""],
  ]);
}

if (import.meta.main) {
  const [, , step, where = "", kind] = process.argv;
  if (step === "ask") await ask(Number(where));
  else if (step === "program") await program(where, kind === "beside" ? "beside" : "alone");
  else print(await run());
}
