import pg from "pg";
import { inProcess, reply } from "../child.ts";
import { sleep, wallClock } from "../figures.ts";
import { type ContenderName, isContender, openContender, type Place } from "./contender.ts";
import { serverCpuMs } from "./server-cpu.ts";

// What is measured of a contender is measured in a process of its own, from within.

export interface Drained {
  readonly jobsPerSecond: number;
  readonly nodeMicroseconds: number;
  readonly serverMicroseconds: number;
  readonly walBytes: number;
}

export interface Enqueued {
  readonly single: number;
  readonly callers: number;
  /** Null where its interface has no such call. */
  readonly bulk: number | null;
}

/** By name, what it is given beside the contender, and what it finds. */
interface Steps {
  preload: [count: number, null];
  drain: [count: number, Drained];
  enqueue: [count: number, Enqueued];
  /** Makes jobs at a steady rate for so many seconds, and works them too. */
  own: [seconds: number, number[]];
  /** Only works them: for so many seconds. */
  work: [seconds: number, number[]];
  /** Only makes them. */
  send: [seconds: number, null];
  cron: [seconds: number, number[]];
}

export type Step = keyof Steps;

const PER_SECOND = 50;
const CALLERS = 16;
const BULK = 10_000;
const WARM_MS = 2_000;
const CRON_WARM_MS = 3_000;

/** Has a step done by a process of its own. */
export function step<S extends Step>(
  name: ContenderName,
  what: S,
  place: Place,
  argument: number,
): Promise<Steps[S][1]> {
  const words = [name, what, JSON.stringify(place), String(argument)];
  return inProcess<Steps[S][1]>(import.meta.filename, words);
}

type Doing = {
  readonly [S in Step]: (
    name: ContenderName,
    place: Place,
    argument: Steps[S][0],
  ) => Promise<Steps[S][1]>;
};

const STEPS: Doing = {
  async preload(name, place, count) {
    const contender = await openContender(name, place);
    await contender.preload(count);
    await contender.close();
    return null;
  },
  async drain(name, place, count) {
    const contender = await openContender(name, place);
    const server = new pg.Client({ connectionString: place.postgres });
    await server.connect();
    const wal = async (): Promise<number> => {
      const { rows } = await server.query<{ wal: string }>(
        "select pg_current_wal_insert_lsn() - '0/0' as wal",
      );
      return Number(rows[0]?.wal);
    };
    const walBefore = await wal();
    const serverBefore = serverCpuMs(place.serverPid);
    const nodeBefore = process.cpuUsage();
    const beganAt = performance.now();
    await contender.drain(count);
    const seconds = (performance.now() - beganAt) / 1_000;
    const { user, system } = process.cpuUsage(nodeBefore);
    const serverMs = serverCpuMs(place.serverPid) - serverBefore;
    const walBytes = (await wal()) - walBefore;
    await server.end();
    await contender.close();
    return {
      jobsPerSecond: count / seconds,
      nodeMicroseconds: (user + system) / count,
      serverMicroseconds: (serverMs * 1_000) / count,
      walBytes: walBytes / count,
    };
  },
  async enqueue(name, place, count) {
    const contender = await openContender(name, place);
    const one = (): Promise<void> => contender.add(0);
    // Connections are opened and statements prepared before it counts.
    await Promise.all(Array.from({ length: CALLERS }, one));
    const single = await rateOf(count, async () => {
      for (let made = 0; made < count; made++) await one();
    });
    const many = count * 4;
    const callers = await rateOf(many, async () => {
      let left = many;
      const caller = async (): Promise<void> => {
        while (left-- > 0) await one();
      };
      await Promise.all(Array.from({ length: CALLERS }, caller));
    });
    const { addAll } = contender;
    const bulk = addAll === null ? null : await rateOf(BULK, () => addAll(BULK));
    await contender.close();
    return { single, callers, bulk };
  },
  async own(name, place, seconds) {
    const contender = await openContender(name, place);
    const latencies = latenciesOf();
    await contender.listen(latencies.started);
    await sleep(WARM_MS);
    await send(contender.add, seconds);
    await sleep(WARM_MS);
    await contender.close();
    return latencies.all;
  },
  async work(name, place, seconds) {
    const contender = await openContender(name, place);
    const latencies = latenciesOf();
    await contender.listen(latencies.started);
    await sleep(seconds * 1_000);
    await contender.close();
    return latencies.all;
  },
  async send(name, place, seconds) {
    const contender = await openContender(name, place);
    await sleep(WARM_MS);
    await send(contender.add, seconds);
    await contender.close();
    return null;
  },
  async cron(name, place, seconds) {
    const contender = await openContender(name, place);
    if (contender.cron === null) throw new Error(`${name} has no schedules`);
    const late: number[] = [];
    await contender.cron((dueAt) => void late.push(wallClock() - dueAt));
    await sleep(CRON_WARM_MS);
    late.length = 0;
    await sleep(seconds * 1_000);
    await contender.close();
    return late;
  },
};

async function rateOf(count: number, work: () => Promise<void>): Promise<number> {
  const beganAt = performance.now();
  await work();
  return (count * 1_000) / (performance.now() - beganAt);
}

/** At a steady rate, whether those before are done or not. */
async function send(add: (sentAt: number) => Promise<void>, seconds: number): Promise<void> {
  const under: Promise<void>[] = [];
  const beganAt = performance.now();
  for (let sent = 0; sent < seconds * PER_SECOND; sent++) {
    const wait = beganAt + (sent * 1_000) / PER_SECOND - performance.now();
    if (wait > 0) await sleep(wait);
    under.push(add(wallClock()));
  }
  await Promise.all(under);
}

/** The first second's are left out: code is compiled then, and connections are opened. */
function latenciesOf(): { readonly all: number[]; readonly started: (sentAt: number) => void } {
  const all: number[] = [];
  let skip = PER_SECOND;
  return {
    all,
    started(sentAt) {
      if (skip-- <= 0) all.push(wallClock() - sentAt);
    },
  };
}

if (import.meta.main) {
  const [, , name = "", what = "", place = "{}", argument] = process.argv;
  if (!isContender(name) || !isStep(what)) throw new Error(`what is ${name} ${what}?`);
  // Written by `step`, above.
  reply(await STEPS[what](name, JSON.parse(place) as Place, Number(argument)));
  // Whatever a driver has left open must not hold the benchmark up.
  setTimeout(() => process.exit(), 500).unref();
}

function isStep(what: string): what is Step {
  return what in STEPS;
}
