import { BelfryError } from "../../core/errors.ts";
import type { Answer, Args, Verb } from "../face.ts";
import { adopt } from "../sql/adopt.ts";
import { audit, recordDeed } from "../sql/audit.ts";
import { census } from "../sql/census.ts";
import { definitions, drift, publish, refusals } from "../sql/definitions.ts";
import { topupWaiting } from "../sql/gates.ts";
import { incidents } from "../sql/incidents.ts";
import { acceptClock, mark } from "../sql/mark.ts";
import { carry, leave, nodes, noteHeartbeat, peers, wishes } from "../sql/nodes.ts";
import { occurrences } from "../sql/occurrences.ts";
import { outbox, outboxReadyAt, recordOutbox, takeOutbox } from "../sql/outbox.ts";
import { pause, resume, unpause } from "../sql/pause.ts";
import { days, expired, parkUncarried, prune, sweep } from "../sql/prune.ts";
import { gaps, gate, run, runs, runsByPrefix, tasks } from "../sql/read.ts";
import { cancel, checkpoint, effect, observe, recordEffect, saveCheckpoint } from "../sql/runs.ts";
import { removeSchedule, schedulesOf, setSchedule, ticked, upcoming } from "../sql/schedules.ts";
import { claim } from "./claim.ts";
import { type Database, explain } from "./database.ts";
import { driven } from "./drive.ts";
import { join, kill, orphans, renew } from "./lease.ts";
import { plan } from "./plan.ts";
import { settle } from "./settle.ts";
import { trigger } from "./trigger.ts";

type Works = { readonly [V in Verb]: (db: Database, ...args: Args<V>) => Answer<V> };

/** Every verb as one synchronous function of the database, to be called inside a transaction. */
const WORKS: Works = {
  join,
  renew,
  wishes: driven(wishes),
  leave: driven(leave),
  carry: driven(carry),
  kill,
  orphans,
  noteHeartbeat: driven(noteHeartbeat),
  nodes: driven(nodes),
  peers: driven(peers),
  publish: driven(publish),
  drift: driven(drift),
  adopt: driven(adopt),
  refusals: driven(refusals),
  definitions: driven(definitions),
  setSchedule: driven(setSchedule),
  removeSchedule: driven(removeSchedule),
  upcoming: driven(upcoming),
  schedulesOf: driven(schedulesOf),
  plan,
  ticked: driven(ticked),
  trigger,
  claim,
  settle,
  cancel: driven(cancel),
  observe: driven(observe),
  saveCheckpoint: driven(saveCheckpoint),
  checkpoint: driven(checkpoint),
  effect: driven(effect),
  recordEffect: driven(recordEffect),
  pause: driven(pause),
  resume: driven(resume),
  unpause: driven(unpause),
  outboxReadyAt: driven(outboxReadyAt),
  takeOutbox: driven(takeOutbox),
  recordOutbox: driven(recordOutbox),
  parkUncarried: driven(parkUncarried),
  topup: driven(topupWaiting),
  expired: driven(expired),
  prune: driven(prune),
  sweep: driven(sweep),
  tasks: driven(tasks),
  run: driven(run),
  runs: driven(runs),
  occurrences: driven(occurrences),
  runsByPrefix: driven(runsByPrefix),
  gaps: driven(gaps),
  days: driven(days),
  gate: driven(gate),
  audit: driven(audit),
  incidents: driven(incidents),
  outbox: driven(outbox),
  census: driven(census),
  mark: driven(mark),
  acceptClock: driven(acceptClock),
  recordDeed: driven(recordDeed),
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
export function performVerb<V extends Verb>(
  db: Database,
  verb: V,
  args: Args<V>,
): Result<Answer<V>> {
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
