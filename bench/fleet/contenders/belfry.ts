import { systemEntropy } from "../../../packages/belfry/src/clocks/system.ts";
import { runId } from "../../../packages/belfry/src/core/identity.ts";
import { type Belfry, every, openBelfry, task } from "../../../packages/belfry/src/index.ts";
import { openPostgres } from "../../../packages/belfry/src/stores/postgres/open.ts";
import type { TriggerRequest } from "../../../packages/belfry/src/triggering.ts";
import type { Contender, Place } from "../contender.ts";
import { ask } from "../postgres.ts";

const CONCURRENCY = 8_000;
const ADD_BATCH = 10_000;
const SCHEDULES = 100;

const INSERT = `insert into belfry.pending (id, task, due_at, created_at, ready_at, definition,
    trigger_kind, trigger_by, attempts, slot, forced, live)
  select id, 'noop', $2, $2, $2, definition, 'manual', 'bench', '', 0, 0, 0
  from unnest($1::text[]) id, belfry.task where name = 'noop'`;

export async function open({ postgres }: Place): Promise<Contender> {
  const onStart: ((sentAt: number) => void)[] = [];
  const noop = task("noop", {
    concurrency: "unlimited",
    run: async ({ payload }) => {
      for (const told of onStart) told(sentAtOf(payload));
    },
  });
  const opened: Belfry[] = [];
  const openNode = async (tasks = [noop]): Promise<Belfry> => {
    const node = { concurrency: CONCURRENCY };
    const belfry = await openBelfry({ store: postgres, name: "bench", tasks, node });
    opened.push(belfry);
    return belfry;
  };
  let client: Promise<Belfry> | null = null;
  const adopted = async (): Promise<void> => {
    const [known] = await ask(postgres, "select to_regclass('belfry.task') as task").then((rows) =>
      rows.filter((row) => "task" in row && row.task !== null),
    );
    if (known !== undefined) return;
    await using belfry = await openBelfry({ store: postgres, name: "bench", tasks: [noop] });
    await belfry.start();
  };
  await adopted();
  return {
    async preload(count) {
      for (let made = 0; made < count; made += ADD_BATCH) {
        const now = Date.now();
        const length = Math.min(ADD_BATCH, count - made);
        const ids = Array.from({ length }, () => runId(now, systemEntropy()));
        await ask(postgres, INSERT, [ids, now]);
      }
    },
    async addAll(count) {
      const { store, close } = await openPostgres({ url: postgres, listenUrl: null });
      const [row] = await store.tasks("noop");
      if (row === undefined) throw new Error("the task was not adopted");
      const now = Date.now();
      await store.trigger(
        Array.from({ length: count }, () => requestOf(row.definition, now)),
        now,
      );
      await close();
    },
    async add(sentAt) {
      client ??= opened[0] === undefined ? openNode() : Promise.resolve(opened[0]);
      await (await client).trigger(noop, { payload: { sentAt } });
    },
    async drain(count) {
      const belfry = await openNode();
      const { promise, resolve } = Promise.withResolvers<void>();
      let left = count;
      belfry.on((event) => {
        if (event.kind === "ended" && --left === 0) resolve();
      });
      await belfry.start();
      await promise;
    },
    async listen(told) {
      onStart.push(told);
      await (await openNode()).start();
    },
    async cron(told) {
      const ticks = Array.from({ length: SCHEDULES }, (_, index) =>
        task(`tick-${index}`, {
          schedule: every("1s", { anchor: new Date(0) }),
          run: ({ dueAt }) => told(dueAt.getTime()),
        }),
      );
      await (await openNode(ticks)).start();
    },
    async close() {
      for (const belfry of opened) await belfry.stop();
    },
  };
}

function requestOf(definition: string, now: number): TriggerRequest {
  return {
    id: runId(now, systemEntropy()),
    task: "noop",
    definition,
    trigger: { kind: "manual", by: "bench" },
    dueAt: now,
    payload: null,
    idempotencyKey: null,
    gate: null,
    deadlineAt: null,
    replayOf: null,
    force: false,
  };
}

function sentAtOf(payload: unknown): number {
  const sentAt: unknown =
    typeof payload === "object" && payload !== null && "sentAt" in payload ? payload.sentAt : 0;
  return typeof sentAt === "number" ? sentAt : 0;
}
