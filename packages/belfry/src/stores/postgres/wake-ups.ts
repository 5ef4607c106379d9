import type { Change } from "../../store.ts";
import type { Answer, Args, Verb } from "../face.ts";
import { put, type Work } from "../sql/work.ts";
import { native, type Statement } from "./statement.ts";

/** Under this name others hear that something has changed. */
const CHANNEL = "belfry";

export const LISTEN: Statement = native(`listen ${CHANNEL}`);

/**
 * Heard with the transaction's commit, or never. `from` says whose it is: nobody wakes itself.
 * Empty: it is nobody's who listens.
 */
export function wakeUp(from: string, what: Change): Work<void> {
  // As text, for some drivers know no void.
  return put(`select cast(pg_notify('${CHANNEL}', ?) as text)`, `${from} ${what}`);
}

/** @returns whose a hint is, and of what. Those of older nodes do not say what. */
export function heardOf(said: string): { readonly from: string; readonly what: Change } {
  const [from = "", what] = said.split(" ");
  return { from, what: what === "runs" ? "runs" : "anything" };
}

type Concern<V extends Verb> = (answer: Answer<V>, ...args: Args<V>) => boolean;

/**
 * What others may have to act on at once. Each commit that wakes somebody takes a lock that the whole
 * server shares, so what every run passes through wakes nobody: whoever claims or settles goes on
 * with it by itself.
 */
const CONCERNS: { readonly [V in Verb]?: Concern<V> } = {
  trigger: (answers) => answers.some(({ answer }) => answer === "triggered"),
  setSchedule: (answer) => answer === "set",
  removeSchedule: (answer) => answer === "removed",
  publish: () => true,
  adopt: ({ answer }) => answer === "adopted",
  cancel: ({ answer }) => answer === "asked",
  pause: (answer) => answer === "paused",
  resume: (answer) => answer === "resumed",
  kill: (answer) => answer === "killed",
  leave: () => true,
  plan: (planned, plans, now, claim) => {
    const written = plans.filter((_, index) => planned[index]?.answer === "planned");
    const due = written.flatMap(({ runs }) => runs).filter(({ readyAt }) => readyAt <= now).length;
    const claimed = planned.reduce((count, one) => count + one.claimed.length, 0);
    // Who has room for more takes it itself.
    return due > claimed && (claim === undefined || claimed >= claim.limit);
  },
};

/** What others may have to act on of what a verb did, or null. */
export function concernsOthers<V extends Verb>(
  verb: V,
  args: Args<V>,
  answer: Answer<V>,
): Change | null {
  const concern: Concern<V> | undefined = CONCERNS[verb];
  if (concern?.(answer, ...args) !== true) return null;
  return verb === "trigger" ? "runs" : "anything";
}
