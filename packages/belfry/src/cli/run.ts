import { BelfryError } from "../core/errors.ts";
import { formatProblem } from "../define/problem.ts";
import type { RunRow, TaskRow } from "../records.ts";
import type { VerbContext } from "../verbs/context.ts";
import { findTask } from "../verbs/find.ts";
import { trigger } from "../verbs/trigger.ts";
import { nodeState } from "../views/node.ts";
import { runView } from "../views/run.ts";
import { runReference } from "../views/run-reference.ts";
import { type Call, type Command, defineCommand } from "./command.ts";
import { follow } from "./follow.ts";
import { type Signal, signalCode } from "./io.ts";
import type { Session } from "./session.ts";
import { LineTeller } from "./tell-lines.ts";
import { plain } from "./terminal/escape.ts";
import { durationWords } from "./terminal/time-words.ts";
import { dressState, markOf, stateWords } from "./words.ts";

const OPTIONS = {
  payload: { value: "JSON", help: "what the run is given" },
  wait: { help: "follow its log until it has ended; exit 0, 1, or 124 where it timed out" },
  "idempotency-key": { value: "KEY", help: "the same key again answers the same run" },
  force: { help: "although the task is paused" },
} as const;

export const runCommand: Command = defineCommand({
  name: "run",
  summary: "Runs a task now, by hand",
  details: [
    "A live node that has the task's code runs it, behind what its concurrency lets run already. " +
      "With no such node it waits for one; with --wait it is run here instead.",
  ],
  arguments: [{ name: "TASK", presence: "required" }],
  options: OPTIONS,
  examples: [
    ["belfry run backup --wait", "run it and see how it goes"],
    ["belfry run billing --payload '{\"customer\": 7}'", "with something to work on"],
  ],
  async run(session, call) {
    const context = await session.context();
    const task = await findTask(context, call.argument(0));
    const { run, already } = await trigger(context, task.name, triggerOptions(call));
    if (already) session.say(`That idempotency key has made this run before: ${run.id}.`);
    const alone = run.endedAt === null && !(await hasLiveCarrier(context, task));
    if (call.has("wait")) return await waitFor(session, context, run, alone);
    if (session.json) session.document(runView(run));
    else session.print(run.id);
    const name = runReference(run);
    if (alone) {
      session.say(
        `No live node has the code of ${task.name}: the run waits until one is up.`,
        `Start one with \`belfry up\`, or run it here with \`belfry run ${task.name} --wait\`.`,
      );
    } else if (run.endedAt === null) {
      session.say(session.err.dim(`See it with \`belfry logs ${name} --follow\`.`));
    }
    return 0;
  },
});

function triggerOptions(call: Call<typeof OPTIONS>): Parameters<typeof trigger>[2] {
  return {
    payload: call.value("payload"),
    at: null,
    idempotencyKey: call.value("idempotency-key"),
    force: call.has("force"),
  };
}

/** A node that was killed still counts as a carrier until its lease has run out. */
async function hasLiveCarrier({ store, clock }: VerbContext, task: TaskRow): Promise<boolean> {
  const now = clock.now();
  const nodes = await store.nodes();
  const alive = nodes.filter((node) => nodeState(node, now) === "alive").map(({ id }) => id);
  return task.carriers.some((carrier) => alive.includes(carrier));
}

/** Follows a run to its end; where nobody else will run it, it is run in this process. */
async function waitFor(
  session: Session,
  context: VerbContext,
  run: RunRow,
  alone: boolean,
): Promise<number> {
  const interruption = new Interruption(session, context, run, alone);
  const over = new AbortController();
  try {
    const performed = alone ? performHere(session, run, over.signal) : Promise.resolve();
    const followed = followToEnd(session, context, run, interruption);
    const end = await Promise.race([followed, performed.then(() => followed)]);
    // Somebody else may have ended it before it began here.
    over.abort();
    await performed;
    if (end === null) return interruption.code;
    tellEnd(session, end);
    if (session.json) session.document(runView(end));
    return interruption.code === 0 ? exitCode(end) : interruption.code;
  } finally {
    interruption.end();
  }
}

async function performHere(session: Session, run: RunRow, over: AbortSignal): Promise<void> {
  const config = await session.config();
  const { loadTasks } = await import("../define/load.ts");
  const { tasks, problems } = await loadTasks(config, { now: session.io.clock.now() });
  if (!tasks.some(({ definition }) => definition.task === run.task)) {
    const message = `The code of ${run.task} cannot be loaded here either: run ${run.id} waits.`;
    const about = problems.find(({ severity }) => severity === "error");
    const hint = about === undefined ? "belfry up, where its code is" : formatProblem(about);
    throw new BelfryError("conflict", "no-code", message, hint);
  }
  session.say(session.err.dim("No live node has its code: it is run here."));
  const { runHere } = await import("../main.ts");
  await runHere(config, run.id, () => {}, over);
}

/** @returns the run as it ended, or null where waiting was given up. */
async function followToEnd(
  session: Session,
  context: VerbContext,
  run: RunRow,
  interruption: Interruption,
): Promise<RunRow | null> {
  const teller = new LineTeller(session, session.json);
  let last = run;
  for await (const page of follow(context, run, null)) {
    teller.tell(page.lines);
    last = page.run;
    if (interruption.givesUp && last.endedAt === null) return null;
  }
  return last;
}

/**
 * Ctrl-C while waiting: a run of some node goes on without us; one that is run here is asked to
 * end, and waited for.
 */
class Interruption {
  #signal: Signal | null = null;
  #alone: boolean;
  readonly #end: () => void;

  constructor(session: Session, context: VerbContext, run: RunRow, alone: boolean) {
    this.#alone = alone;
    this.#end = session.io.onSignal((signal) => {
      if (this.#signal !== null) this.#alone = false;
      this.#signal ??= signal;
      if (!this.#alone) {
        session.say(`It goes on without being watched: \`belfry cancel ${run.id}\` ends it.`);
        return;
      }
      session.say("Asking it to end; once more leaves at once.");
      context.store.cancel(run.id, context.clock.now(), context.by).catch(() => {
        this.#alone = false;
      });
    });
  }

  get givesUp(): boolean {
    return this.#signal !== null && !this.#alone;
  }

  get code(): number {
    return this.#signal === null ? 0 : signalCode(this.#signal);
  }

  end(): void {
    this.#end();
  }
}

function tellEnd(session: Session, run: RunRow): void {
  const { err } = session;
  const took =
    run.startedAt === null || run.endedAt === null
      ? ""
      : ` in ${durationWords(run.endedAt - run.startedAt)}`;
  const head = `${markOf(run.state)} ${run.task} ${stateWords(run)}`;
  session.say(`${dressState(run.state, head, err)}${took}`);
  if (run.error !== null) session.say(`  ${plain(run.error.message)}`);
}

function exitCode({ state, reason }: RunRow): number {
  if (state === "succeeded") return 0;
  return reason === "timed-out" || reason === "deadline" ? 124 : 1;
}
