import { DBOS } from "@dbos-inc/dbos-sdk";
import { sleep } from "../../figures.ts";
import type { Contender, Place } from "../contender.ts";
import { ask } from "../postgres.ts";

const QUEUE = "noop";
const AT_ONCE = 100;

/** A pool of 20, a queue polled as often as 10 ms, and no limit of concurrency. */
export async function open({ postgres }: Place): Promise<Contender> {
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
  DBOS.setConfig({
    name: "bench",
    systemDatabaseUrl: postgres,
    systemDatabasePoolSize: 20,
    schedulerPollingIntervalMs: 1_000,
    logLevel: "error",
  });
  let launched = false;
  const launch = async (works: boolean): Promise<void> => {
    if (launched) return;
    launched = true;
    await DBOS.launch();
    // It goes on with the queues it is told to listen to; before it is launched there are none.
    if (!works) await DBOS.registerQueue(QUEUE, { minPollingIntervalMs: 3_600_000 });
    else {
      await DBOS.registerQueue(QUEUE, {
        minPollingIntervalMs: 10,
        onConflict: "always_update",
      });
    }
  };
  const enqueue = async (sentAt: number): Promise<void> => {
    await launch(false);
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
      await launch(true);
      await promise;
      const waiting = `select 1 from dbos.workflow_status
        where status in ('ENQUEUED', 'PENDING') limit 1`;
      while ((await ask(postgres, waiting)).length > 0) await sleep(5);
    },
    async listen(told) {
      onStart.push(told);
      await launch(true);
    },
    async cron(told) {
      onStart.push(told);
      await launch(true);
      await DBOS.createSchedule({
        scheduleName: "tick",
        workflowFn: tick,
        schedule: "* * * * * *",
      });
    },
    close: () => DBOS.shutdown(),
  };
}
