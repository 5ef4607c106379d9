import { BelfryError } from "../../core/errors.ts";
import type { Store } from "../../store.ts";
import { adopt } from "./adopt.ts";
import { audit, recordDeed } from "./audit.ts";
import { census } from "./census.ts";
import { claim } from "./claim.ts";
import { type Database, explain } from "./database.ts";
import { definitions, drift, publish, refusals } from "./definitions.ts";
import { topupWaiting } from "./gates.ts";
import { incidents } from "./incidents.ts";
import { acceptClock, mark } from "./mark.ts";
import {
  carry,
  join,
  kill,
  leave,
  nodes,
  noteHeartbeat,
  orphans,
  peers,
  renew,
  wishes,
} from "./nodes.ts";
import { occurrences } from "./occurrences.ts";
import { outbox, outboxReadyAt, recordOutbox, takeOutbox } from "./outbox.ts";
import { pause, resume, unpause } from "./pause.ts";
import { plan } from "./plan.ts";
import { days, expired, parkUncarried, prune, sweep } from "./prune.ts";
import { gaps, gate, run, runs, runsByPrefix, tasks } from "./read.ts";
import {
  cancel,
  checkpoint,
  effect,
  observe,
  recordEffect,
  saveCheckpoint,
  trigger,
} from "./runs.ts";
import { removeSchedule, schedulesOf, setSchedule, ticked, upcoming } from "./schedules.ts";
import { settle } from "./settle.ts";

/** What the store does in the database; the rest of its face is about the connection. */
export type Verb = Exclude<keyof Store, "onChange" | "close">;
export type Args<V extends Verb> = Parameters<Store[V]>;
export type Answer<V extends Verb> = Awaited<ReturnType<Store[V]>>;

type Works = { readonly [V in Verb]: (db: Database, ...args: Args<V>) => Answer<V> };

/** Every verb as one synchronous function of the database, to be called inside a transaction. */
const WORKS: Works = {
  join,
  renew,
  wishes,
  leave,
  carry,
  kill,
  orphans,
  noteHeartbeat,
  nodes,
  peers,
  publish,
  drift,
  adopt,
  refusals,
  definitions,
  setSchedule,
  removeSchedule,
  upcoming,
  schedulesOf,
  plan,
  ticked,
  trigger,
  claim,
  settle,
  cancel,
  observe,
  saveCheckpoint,
  checkpoint,
  effect,
  recordEffect,
  pause,
  resume,
  unpause,
  outboxReadyAt,
  takeOutbox,
  recordOutbox,
  parkUncarried,
  topup: topupWaiting,
  expired,
  prune,
  sweep,
  tasks,
  run,
  runs,
  occurrences,
  runsByPrefix,
  gaps,
  days,
  gate,
  audit,
  incidents,
  outbox,
  census,
  mark,
  acceptClock,
  recordDeed,
};

/** Verbs that change nothing: they need no write lock and no commit. */
export const READS: ReadonlySet<Verb> = new Set<Verb>([
  "wishes",
  "orphans",
  "nodes",
  "peers",
  "drift",
  "refusals",
  "definitions",
  "upcoming",
  "schedulesOf",
  "checkpoint",
  "effect",
  "outboxReadyAt",
  "expired",
  "tasks",
  "run",
  "runs",
  "occurrences",
  "runsByPrefix",
  "gaps",
  "days",
  "gate",
  "audit",
  "incidents",
  "outbox",
  "census",
  "mark",
]);

/** What a call came to. Errors are values here, since one call must not end the others of a commit. */
export type Result<T> = { readonly answer: T } | { readonly error: unknown };

/**
 * Does one verb in a savepoint. A batch of plans, triggers or settlements that fails as a whole is
 * done again one by one, so that one bad row never stops the others: the good ones are kept, and
 * the call fails with the error of the whole. Asked again, the good ones answer as done.
 */
export function performVerb<V extends Verb>(db: Database, verb: V, args: Args<V>): Result<Answer<V>> {
  try {
    return { answer: db.savepoint(() => apply(db, verb, args)) };
  } catch (error) {
    const known = explain(db.path, error);
    if (!(known instanceof BelfryError && known.kind === "unavailable")) salvage(db, verb, args);
    return { error: known };
  }
}

function apply<V extends Verb>(db: Database, verb: V, args: Args<V>): Answer<V> {
  const work: (db: Database, ...args: Args<V>) => Answer<V> = WORKS[verb];
  return work(db, ...args);
}

type Singles = { readonly [V in Verb]?: (...args: Args<V>) => readonly Args<V>[] };

/** The same call for each member of its batch alone. */
const ONE_BY_ONE: Singles = {
  plan: (plans, now) => plans.map((plan) => [[plan], now]),
  trigger: (requests, now) => requests.map((request) => [[request], now]),
  settle: (settlements, now) => settlements.map((settlement) => [[settlement], now]),
};

function salvage<V extends Verb>(db: Database, verb: V, args: Args<V>): void {
  const split: ((...args: Args<V>) => readonly Args<V>[]) | undefined = ONE_BY_ONE[verb];
  const singles = split?.(...args) ?? [];
  if (singles.length < 2) return;
  for (const single of singles) {
    try {
      db.savepoint(() => apply(db, verb, single));
    } catch {
      // The caller learns of it by the error of the whole.
    }
  }
}

/** Does a call with a transaction of its own. */
export function performAlone<V extends Verb>(db: Database, verb: V, args: Args<V>): Answer<V> {
  if (READS.has(verb)) return db.read(() => db.savepoint(() => apply(db, verb, args)));
  const result = db.write(() => performVerb(db, verb, args));
  if ("error" in result) throw result.error;
  return result.answer;
}
