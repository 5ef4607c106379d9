/** Where a contender keeps what it keeps. */
export interface Place {
  /** URL of a database of its own. */
  readonly postgres: string;
  /** Redis' socket, or null where there is none. */
  readonly redis: string | null;
  /** Of the server that does its work, whose CPU is counted. */
  readonly serverPid: number;
}

/** One way to run no-op jobs, set up as its documentation says is fastest. */
export interface Contender {
  /** Puts jobs before it, however it is done fastest. */
  preload(count: number): Promise<void>;
  /** As a program would make many jobs at once, the fastest way its interface has; null: none. */
  readonly addAll: ((count: number) => Promise<void>) | null;
  /** Makes one job; durable when it resolves. */
  add(sentAt: number): Promise<void>;
  /** Works what waits, set for throughput; resolves when `count` jobs are done, and kept as done. */
  drain(count: number): Promise<void>;
  /** Works from now on, set for latency. */
  listen(onStart: (sentAt: number) => void): Promise<void>;
  /** Starts jobs by a schedule, due as often as it can be; null: it has none. */
  readonly cron: ((onStart: (dueAt: number) => void) => Promise<void>) | null;
  close(): Promise<void>;
}

export const CONTENDERS = [
  "belfry",
  "shape-c",
  "graphile-worker",
  "pg-boss",
  "bullmq",
  "dbos",
] as const;
export type ContenderName = (typeof CONTENDERS)[number];

export function isContender(name: string): name is ContenderName {
  return CONTENDERS.some((known) => known === name);
}

/** Imported only by the process that measures it: each driver has its own weight. */
export async function openContender(name: ContenderName, place: Place): Promise<Contender> {
  const { open } = await LOADERS[name]();
  return await open(place);
}

interface Loaded {
  open(place: Place): Promise<Contender>;
}

const LOADERS: Readonly<Record<ContenderName, () => Promise<Loaded>>> = {
  belfry: () => import("./contenders/belfry.ts"),
  "shape-c": () => import("./contenders/shape-c.ts"),
  "graphile-worker": () => import("./contenders/graphile-worker.ts"),
  "pg-boss": () => import("./contenders/pg-boss.ts"),
  bullmq: () => import("./contenders/bullmq.ts"),
  dbos: () => import("./contenders/dbos.ts"),
};
