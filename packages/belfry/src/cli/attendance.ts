import type { RunRow } from "../records.ts";
import type { VerbContext } from "../verbs/context.ts";
import { liveNodes } from "../verbs/nodes.ts";
import { why } from "../verbs/why.ts";
import type { Session } from "./session.ts";
import { plain } from "./terminal/escape.ts";
import { instantWords } from "./terminal/time-words.ts";

/** How often it is asked who is alive, ms. */
const LOOK_EVERY_MS = 1_000;

export async function hasLiveCarrier(context: VerbContext, name: string): Promise<boolean> {
  const [task] = await context.store.tasks(name);
  const live = await liveNodes(context);
  return live.some(({ id }) => task?.carriers.includes(id));
}

/** A run that has not started after this long has something in its way, ms. */
const STARTS_WITHIN_MS = 5_000;

/** Causes that `look` tells of, or that pass by themselves. */
const TOLD: ReadonlySet<string> = new Set(["no-node", "no-code", "starting"]);

/** For whoever waits for a run: says what keeps it, once until that has changed. */
export class Attendance {
  readonly #session: Session;
  readonly #context: VerbContext;
  #lookAt = 0;
  #leftAt: number | null = null;
  #explainAt: number | null = null;
  #told: string | null = null;

  constructor(session: Session, context: VerbContext) {
    this.#session = session;
    this.#context = context;
  }

  /**
   * Looks now and then whether anybody alive goes on with it.
   * @returns for how long nobody has, ms; 0 where somebody does.
   */
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

  /** Says why a run does not start, where it might have long ago. */
  async explain(run: RunRow): Promise<void> {
    const now = this.#context.clock.now();
    if (run.state !== "pending") this.#explainAt = null;
    else this.#explainAt ??= now + STARTS_WITHIN_MS;
    if (this.#explainAt === null || now < this.#explainAt) return;
    this.#explainAt = now + STARTS_WITHIN_MS;
    const { cause, sentence, remedy } = await why(this.#context, run.id, instantWords);
    if (cause === this.#told || TOLD.has(cause)) return;
    this.#told = cause;
    this.#session.say(...[sentence, ...remedy.map((command) => `→ ${command}`)].map(plain));
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
