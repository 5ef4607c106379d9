import { DBOS } from "@dbos-inc/dbos-sdk";
import { sleep } from "../../figures.ts";
import type { Contender, Place } from "../contender.ts";
import { ask } from "../postgres.ts";

const QUEUE = "noop";
const AT_ONCE = 100;

/** A pool of 20, a queue polled as often as 10 ms, and no limit of concurrency. */
export async function open({ postgres }: Place): Promise<Contender> {
  // How it uses its driver is not ours to mend.
  process.noDeprecation = true;
  const onStart: ((sentAt: number) => void)[] = [];
  const noop = DBOS.registerWorkflow(
    async (sentAt: number) => {
      for (const told of onStart) told(sentAt);
    },
    { name: "noop" },
  );
  const tick = DBOS.registerWorkflow(
    async (scheduledAt: Date) => {
      for (const told of onStart) told(scheduledAt.getTime());
    },
    { name: "tick" },
  );
  let launched: Promise<void> | null = null;
  const launch = (queues: string[]): Promise<void> => {
    launched ??= start(postgres, queues);
    return launched;
  };
  const enqueue = async (sentAt: number): Promise<void> => {
    await launch([]);
    await DBOS.startWorkflow(noop, { queueName: QUEUE })(sentAt);
  };
  return {
    async preload(count) {
      for (let made = 0; made < count; made += AT_ONCE) {
        await Promise.all(Array.from({ length: AT_ONCE }, () => enqueue(0)));
      }
    },
    addAll: null,
    add: enqueue,
    async drain(count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      let left = count;
      onStart.push(() => {
        if (--left === 0) resolve();
      });
      await launch([QUEUE]);
      await promise;
      const waiting = `select 1 from dbos.workflow_status
        where status in ('ENQUEUED', 'PENDING') limit 1`;
      while ((await ask(postgres, waiting)).length > 0) await sleep(5);
    },
    async listen(told) {
      onStart.push(told);
      await launch([QUEUE]);
    },
    async cron(told) {
      onStart.push(told);
      await launch([QUEUE]);
      await DBOS.createSchedule({
        scheduleName: "tick",
        workflowFn: tick,
        schedule: "* * * * * *",
      });
    },
    close: () => DBOS.shutdown(),
  };
}

/** @param queues that this process works. */
async function start(postgres: string, queues: string[]): Promise<void> {
  DBOS.setConfig({
    name: "bench",
    systemDatabaseUrl: postgres,
    systemDatabasePoolSize: 20,
    schedulerPollingIntervalMs: 1_000,
    listenQueues: queues,
    logLevel: "error",
  });
  await DBOS.launch();
  await DBOS.registerQueue(QUEUE, { minPollingIntervalMs: 10 });
}
