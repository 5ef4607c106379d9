import type { RunRow } from "../records.ts";
import type { VerbContext } from "../verbs/context.ts";
import { liveNodes } from "../verbs/nodes.ts";
import type { Session } from "./session.ts";

/** How often it is asked who is alive, ms. */
const LOOK_EVERY_MS = 1_000;

export async function hasLiveCarrier(context: VerbContext, name: string): Promise<boolean> {
  const [task] = await context.store.tasks(name);
  const live = await liveNodes(context);
  return live.some(({ id }) => task?.carriers.includes(id));
}

/**
 * For whoever waits for a run: looks now and then whether anybody alive goes on with it, and says
 * so where nobody does, once until somebody does again.
 */
export class Attendance {
  readonly #session: Session;
  readonly #context: VerbContext;
  #lookAt = 0;
  #leftAt: number | null = null;

  constructor(session: Session, context: VerbContext) {
    this.#session = session;
    this.#context = context;
  }

  /** @returns for how long nobody has gone on with it, ms; 0 where somebody does. */
  async look(run: RunRow): Promise<number> {
    const now = this.#context.clock.now();
    if (run.endedAt !== null) return 0;
    if (now >= this.#lookAt) {
      this.#lookAt = now + LOOK_EVERY_MS;
      const left = !(await this.#isAttended(run));
      if (left && this.#leftAt === null) this.#session.say(...wordsOf(run));
      this.#leftAt = left ? (this.#leftAt ?? now) : null;
    }
    return this.#leftAt === null ? 0 : now - this.#leftAt;
  }

  async #isAttended(run: RunRow): Promise<boolean> {
    // One that runs is taken over by whoever is alive, when its own node is gone.
    if (run.state === "running") return (await liveNodes(this.#context)).length > 0;
    return await hasLiveCarrier(this.#context, run.task);
  }
}

function wordsOf({ state, task, node }: RunRow): string[] {
  if (state === "running") {
    return [
      `The node ${node} that ran it is gone, and no other is alive to take the run over.`,
      "Start one with `belfry up`.",
    ];
  }
  return [
    `No live node has the code of ${task}: the run waits until one is up.`,
    "Start one with `belfry up`.",
  ];
}
