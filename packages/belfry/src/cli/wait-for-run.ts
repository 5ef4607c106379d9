import { BelfryError } from "../core/errors.ts";
import type { Config } from "../define/config.ts";
import type { LoadedTasks } from "../define/load.ts";
import { formatProblem } from "../define/problem.ts";
import type { RunRow } from "../records.ts";
import type { VerbContext } from "../verbs/context.ts";
import { runView } from "../views/run.ts";
import { Attendance } from "./attendance.ts";
import { follow } from "./follow.ts";
import { type Signal, signalCode } from "./io.ts";
import type { Session } from "./session.ts";
import { LineTeller } from "./tell-lines.ts";
import { plain } from "./terminal/escape.ts";
import { durationWords } from "./terminal/time-words.ts";
import { dressState, markOf, stateWords } from "./words.ts";

/** Where nobody alive has gone on with a waiting run for so long, it is taken over here, ms. */
const PATIENCE_MS = 10_000;

/**
 * Follows a run to its end. Where nobody else will run it, it is run in this process: at once if it
 * is `alone` from the beginning, else when nobody has come for a while.
 *
 * @returns the exit code.
 * @throws BelfryError `no-code` where it is alone and cannot be run here either.
 */
export async function waitForRun(
  session: Session,
  context: VerbContext,
  run: RunRow,
  alone: boolean,
): Promise<number> {
  const here = new Here(session, run);
  const interruption = new Interruption(session, context, run, here);
  try {
    if (alone) await here.begin("No live node has its code: it is run here.");
    const followed = followToEnd(session, context, run, here, interruption);
    // Where it breaks here, that is what is told.
    followed.catch(() => {});
    const end = await Promise.race([followed, here.broken]);
    await here.end();
    if (end === null) return interruption.code;
    tellEnd(session, end);
    if (session.json) session.document(runView(end));
    return interruption.code === 0 ? exitCode(end) : interruption.code;
  } finally {
    interruption.end();
  }
}

/** @returns the run as it ended, or null where waiting was given up. */
async function followToEnd(
  session: Session,
  context: VerbContext,
  run: RunRow,
  here: Here,
  interruption: Interruption,
): Promise<RunRow | null> {
  const teller = new LineTeller(session, session.json);
  const attendance = new Attendance(session, context);
  let last = run;
  for await (const page of follow(context, run, null)) {
    teller.tell(page.lines);
    last = page.run;
    if (interruption.givesUp && last.endedAt === null) return null;
    await attendance.explain(last);
    if (here.state === "begun") continue;
    const leftMs = await attendance.look(last);
    if (leftMs >= PATIENCE_MS && last.state === "pending") await takeOver(session, here);
  }
  return last;
}

/** What cannot be run here either goes on waiting for a node. */
async function takeOver(session: Session, here: Here): Promise<void> {
  if (here.state === "refused") return;
  try {
    await here.begin("Nobody has come to run it: it is run here.");
  } catch (thrown) {
    if (!(thrown instanceof BelfryError)) throw thrown;
    session.say(plain(thrown.message));
  }
}

/** The run performed in this process, from when that is decided. */
class Here {
  readonly broken: Promise<never>;
  readonly #session: Session;
  readonly #run: RunRow;
  readonly #over = new AbortController();
  readonly #break: (thrown: unknown) => void;
  #performed: Promise<void> | null = null;
  #state: "idle" | "begun" | "refused" = "idle";

  constructor(session: Session, run: RunRow) {
    this.#session = session;
    this.#run = run;
    const broken = Promise.withResolvers<never>();
    broken.promise.catch(() => {});
    this.broken = broken.promise;
    this.#break = broken.reject;
  }

  /** `refused`: its code is not here either. */
  get state(): "idle" | "begun" | "refused" {
    return this.#state;
  }

  /** @throws BelfryError `no-code`. */
  async begin(words: string): Promise<void> {
    this.#state = "begun";
    const config = await this.#session.config();
    const loaded = await this.#requireCode(config);
    this.#session.say(this.#session.err.dim(words));
    const { runHere } = await import("./here.ts");
    this.#performed = runHere(config, loaded, this.#run.id, this.#over.signal);
    this.#performed.catch(this.#break);
  }

  /** Somebody else may have ended the run before it began here. */
  async end(): Promise<void> {
    this.#over.abort();
    await this.#performed;
  }

  async #requireCode(config: Config): Promise<LoadedTasks> {
    const { task, id } = this.#run;
    const { loadTasks } = await import("../define/load.ts");
    const now = this.#session.io.clock.now();
    const loaded = await loadTasks(config, { now });
    const { tasks, problems } = loaded;
    if (tasks.some(({ definition }) => definition.task === task)) return loaded;
    this.#state = "refused";
    const message = `The code of ${task} cannot be loaded here either: run ${id} waits.`;
    const about = problems.find(({ severity }) => severity === "error");
    const hint = about === undefined ? "belfry up, where its code is" : formatProblem(about);
    throw new BelfryError("conflict", "no-code", message, hint);
  }
}

/**
 * Ctrl-C while waiting: a run of some node goes on without us; one that is run here is asked to
 * end, and waited for.
 */
class Interruption {
  readonly #here: Here;
  readonly #end: () => void;
  #signal: Signal | null = null;
  /** It is run here, was asked to end, and whoever waits does not want to wait for that. */
  #leaves = false;

  constructor(session: Session, context: VerbContext, run: RunRow, here: Here) {
    this.#here = here;
    this.#end = session.io.onSignal((signal) => {
      if (this.#signal !== null) this.#leaves = true;
      this.#signal ??= signal;
      if (this.givesUp) {
        session.say(`It goes on without being watched: \`belfry cancel ${run.id}\` ends it.`);
        return;
      }
      session.say("Asking it to end; once more leaves at once.");
      context.store.cancel(run.id, context.clock.now(), context.by).catch(() => {
        this.#leaves = true;
      });
    });
  }

  get givesUp(): boolean {
    return this.#signal !== null && (this.#leaves || this.#here.state !== "begun");
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
