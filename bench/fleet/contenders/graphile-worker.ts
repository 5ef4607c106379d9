import { EventEmitter } from "node:events";
import {
  Logger,
  makeWorkerUtils,
  parseCrontab,
  type Runner,
  run,
  type WorkerEvents,
} from "graphile-worker";
import type { Contender, Place } from "../contender.ts";

const TASK = "noop";
const ADD_BATCH = 10_000;
const silent = new Logger(() => () => {});

/**
 * Its performance page: a large local queue, jobs completed in batches, many at once. The queue
 * trades latency for throughput, so latency is measured without it.
 */
const THROUGHPUT: GraphileConfig.WorkerOptions = {
  concurrentJobs: 100,
  maxPoolSize: 20,
  localQueue: { size: 2_000, refetchDelay: { durationMs: 10 } },
  completeJobBatchDelay: 0,
  failJobBatchDelay: 0,
};
const LATENCY: GraphileConfig.WorkerOptions = { concurrentJobs: 100, maxPoolSize: 20 };

export async function open({ postgres }: Place): Promise<Contender> {
  const shared = { connectionString: postgres, logger: silent };
  const utils = await makeWorkerUtils(shared);
  await utils.migrate();
  let runner: Runner | null = null;
  const start = async (
    worker: GraphileConfig.WorkerOptions,
    rest: Partial<Parameters<typeof run>[0]>,
  ): Promise<void> => {
    runner = await run({ ...shared, noHandleSignals: true, preset: { worker }, ...rest });
  };
  const addAll = async (count: number): Promise<void> => {
    for (let made = 0; made < count; made += ADD_BATCH) {
      const length = Math.min(ADD_BATCH, count - made);
      const job = { identifier: TASK, payload: { sentAt: 0 } };
      await utils.addJobs(Array.from({ length }, () => job));
    }
  };
  return {
    preload: addAll,
    addAll,
    add: async (sentAt) => void (await utils.addJob(TASK, { sentAt })),
    async drain(count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const events: WorkerEvents = new EventEmitter();
      let left = count;
      events.on("job:complete", () => {
        if (--left === 0) resolve();
      });
      await start(THROUGHPUT, { events, taskList: { [TASK]: async () => {} }, crontab: "" });
      await promise;
      // What was completed last may be on its way: stopping waits for it.
      await runner?.stop();
      runner = null;
    },
    async listen(onStart) {
      const noop = (payload: unknown): void => onStart(sentAtOf(payload));
      await start(LATENCY, { taskList: { [TASK]: noop }, crontab: "" });
    },
    async cron(onStart) {
      const parsedCronItems = parseCrontab(`* * * * * ${TASK}`);
      const tick = (payload: unknown): void => onStart(dueAtOf(payload));
      await start(LATENCY, { taskList: { [TASK]: tick }, parsedCronItems });
    },
    async close() {
      await runner?.stop();
      await utils.release();
    },
  };
}

function sentAtOf(payload: unknown): number {
  const sentAt = fieldOf(payload, "sentAt");
  if (typeof sentAt !== "number") throw new TypeError("a job without its payload");
  return sentAt;
}

function dueAtOf(payload: unknown): number {
  return Date.parse(String(fieldOf(fieldOf(payload, "_cron"), "ts")));
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, field) : undefined;
}
