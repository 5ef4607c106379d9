import { PgBoss } from "pg-boss";
import type { Contender, Place } from "../contender.ts";

const QUEUE = "noop";
const ADD_BATCH = 10_000;

interface Payload {
  readonly sentAt: number;
}

/** Its guide to throughput: large batches, several fetches, and the next one at once after a full one. */
const THROUGHPUT = { batchSize: 1_000, localConcurrency: 2, burstWhenBatchFull: true } as const;
/** By LISTEN and NOTIFY. */
const LATENCY = { batchSize: 1, localConcurrency: 20 } as const;

export async function open({ postgres }: Place): Promise<Contender> {
  const boss = new PgBoss({
    connectionString: postgres,
    max: 20,
    useListenNotify: true,
    cronMonitorIntervalSeconds: 1,
    cronWorkerIntervalSeconds: 1,
  });
  boss.on("error", (error) => console.error(error));
  await boss.start();
  await boss.createQueue(QUEUE, { notify: true });
  const addAll = async (count: number): Promise<void> => {
    for (let made = 0; made < count; made += ADD_BATCH) {
      const length = Math.min(ADD_BATCH, count - made);
      await boss.insert(
        QUEUE,
        Array.from({ length }, () => ({ data: { sentAt: 0 } })),
      );
    }
  };
  return {
    preload: addAll,
    addAll,
    add: async (sentAt) => void (await boss.send(QUEUE, { sentAt })),
    async drain(count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      let left = count;
      await boss.work<Payload>(QUEUE, THROUGHPUT, async (jobs) => {
        left -= jobs.length;
        if (left === 0) resolve();
      });
      await promise;
      // Waits for the last batches to be marked as completed.
      await boss.offWork(QUEUE, { wait: true });
    },
    async listen(onStart) {
      await boss.work<Payload>(QUEUE, LATENCY, async (jobs) => {
        for (const { data } of jobs) onStart(data.sentAt);
      });
    },
    async cron(onStart) {
      await boss.schedule(QUEUE, "* * * * *");
      // It does not say for when a job was made; it is at most seconds late.
      await boss.work(QUEUE, LATENCY, async () =>
        onStart(Math.floor(Date.now() / 60_000) * 60_000),
      );
    },
    close: () => boss.stop({ graceful: false }),
  };
}
