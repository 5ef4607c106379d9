import { isFinal } from "../core/run.ts";
import type { Config } from "../define/config.ts";
import type { LoadedTasks } from "../define/load.ts";
import { taskSecrets } from "../define/node-secrets.ts";
import type { Duty } from "../engine/duty.ts";
import type { Listener } from "../engine/events.ts";
import type { Ticked } from "../engine/round.ts";
import type { House } from "../main/house.ts";
import { carriedOf, openHere } from "../main.ts";
import type { RunRow } from "../records.ts";

// What the command line runs in its own process, where no node has to be up.

/**
 * Runs just this run here, for a store that has no node alive, until it has ended and that was
 * told, or `signal` aborts before: then what runs is interrupted within the grace.
 */
export async function runHere(
  config: Config,
  loaded: LoadedTasks,
  run: string,
  signal: AbortSignal,
): Promise<void> {
  const over = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => over.resolve(), { once: true });
  const listener: Listener = (event) => {
    if (event.kind === "ended" && event.run === run && event.state !== "pending") over.resolve();
  };
  await workHere(config, { run }, loaded, listener, async ({ engine, context }) => {
    await over.promise;
    // Who waits may have read of the end, and aborted, before the event of it was here.
    const row = await context.store.run(run);
    // Its watcher has heard the start: it must not wait for the end until some node comes.
    if (row !== null && isFinal(row.state)) await engine.deliver();
  });
}

/** What a tick did. */
export interface TickReport {
  /** Null: it was interrupted before all was done. */
  readonly ticked: Ticked | null;
  readonly node: string;
  /** Of which it made an attempt or recorded a loss, as they are now; oldest first. */
  readonly runs: readonly RunRow[];
  /** What waits of its tasks for a later tick, or a node. */
  readonly waiting: readonly RunRow[];
}

/** How many waiting runs a tick tells of. */
const WAITING_MAX = 1_000;

/**
 * Plans what fell due since the last tick, runs what is ready, and ends when that has ended or
 * `signal` aborts: then what runs is interrupted within the grace.
 *
 * @throws BelfryError where the store cannot be used, or the clock not be believed.
 */
export async function tick(
  config: Config,
  loaded: LoadedTasks,
  onEvent: Listener,
  signal: AbortSignal,
): Promise<TickReport> {
  const touched = new Set<string>();
  const listener: Listener = (event) => {
    if (event.kind === "attempt" || event.kind === "ended") touched.add(event.run);
    onEvent(event);
  };
  const aborted = Promise.withResolvers<null>();
  signal.addEventListener("abort", () => aborted.resolve(null), { once: true });
  if (signal.aborted) aborted.resolve(null);
  return await workHere(config, "tick", loaded, listener, async ({ engine, context }) => {
    const node = engine.node ?? "";
    const round = engine.round();
    round.catch(() => {});
    const ticked = await Promise.race([round, aborted.promise]);
    await engine.stop(config.node.graceMs);
    const { store } = context;
    const runs = await Promise.all([...touched].map((id) => store.run(id)));
    const pending = await store.runs({ state: "pending", limit: WAITING_MAX });
    const own = new Set(loaded.tasks.map(({ definition }) => definition.task));
    return {
      ticked,
      node,
      runs: runs.filter((run) => run !== null).sort((a, b) => a.dueAt - b.dueAt),
      waiting: pending.filter((run) => own.has(run.task)).reverse(),
    };
  });
}

/** Has a node for as long as `work` takes. */
async function workHere<T>(
  config: Config,
  duty: Duty,
  loaded: LoadedTasks,
  onEvent: Listener,
  work: (house: House) => Promise<T>,
): Promise<T> {
  const house = await openHere(config, duty, onEvent);
  try {
    house.secrets.learn(taskSecrets(loaded.tasks));
    await house.engine.start(carriedOf(loaded, config));
    return await work(house);
  } finally {
    await house.engine.stop(config.node.graceMs).finally(() => house.close());
  }
}
