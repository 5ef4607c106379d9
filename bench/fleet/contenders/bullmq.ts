import { Queue, Worker, type WorkerOptions } from "bullmq";
import type { Contender, Place } from "../contender.ts";

const QUEUE = "noop";
const ADD_BATCH = 10_000;
const CONCURRENCY = 200;

interface Payload {
  readonly sentAt: number;
}

/** On Redis. It keeps its completed jobs, as it does where nobody says otherwise. */
export async function open({ redis }: Place): Promise<Contender> {
  if (redis === null) throw new Error("BullMQ needs Redis");
  const connection = { path: redis, maxRetriesPerRequest: null };
  const queue = new Queue<Payload>(QUEUE, { connection });
  const workers: Worker<Payload>[] = [];
  const work = async (options: Partial<WorkerOptions>, handle: (sentAt: number) => void) => {
    const process = async ({ data }: { data: Payload }): Promise<void> => handle(data.sentAt);
    const worker = new Worker<Payload>(QUEUE, process, { connection, ...options });
    worker.on("error", (error) => console.error(error));
    workers.push(worker);
    return worker;
  };
  const addAll = async (count: number): Promise<void> => {
    for (let made = 0; made < count; made += ADD_BATCH) {
      const length = Math.min(ADD_BATCH, count - made);
      await queue.addBulk(Array.from({ length }, () => ({ name: "noop", data: { sentAt: 0 } })));
    }
  };
  return {
    preload: addAll,
    addAll,
    add: async (sentAt) => void (await queue.add("noop", { sentAt })),
    async drain(count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const worker = await work({ concurrency: CONCURRENCY }, () => {});
      let left = count;
      worker.on("completed", () => {
        if (--left === 0) resolve();
      });
      await promise;
    },
    async listen(onStart) {
      await (await work({ concurrency: CONCURRENCY }, onStart)).waitUntilReady();
    },
    async cron(onStart) {
      // It is at most tenths of a second late.
      const tick = (): void => onStart(Math.floor(Date.now() / 1_000) * 1_000);
      await work({ concurrency: CONCURRENCY }, tick);
      await queue.upsertJobScheduler("second", { pattern: "* * * * * *" }, { data: { sentAt: 0 } });
    },
    async close() {
      for (const worker of workers) await worker.close(true);
      await queue.close();
    },
  };
}
