import type { Answer, Args, Verb } from "../face.ts";
import { adopt } from "./adopt.ts";
import { audit, recordDeed } from "./audit.ts";
import { census } from "./census.ts";
import { claim } from "./claim.ts";
import { definitions, drift, publish, refusals } from "./definitions.ts";
import { drain } from "./drain.ts";
import { topupWaiting } from "./gates.ts";
import type { Hot } from "./hot.ts";
import { incidents } from "./incidents.ts";
import { held, holdings, kill, orphans, renew } from "./lease.ts";
import { acceptClock, mark } from "./mark.ts";
import { carry, leave, nodes, noteHeartbeat, peers, wishes } from "./nodes.ts";
import { occurrences } from "./occurrences.ts";
import { outbox, outboxReadyAt, recordOutbox, takeOutbox } from "./outbox.ts";
import { pause, resume, unpause } from "./pause.ts";
import { plan } from "./plan.ts";
import { days, expired, parkUncarried, prune, sweep } from "./prune.ts";
import { gaps, gate, run, runs, runsByPrefix, tasks } from "./read.ts";
import { cancel, checkpoint, effect, observe, recordEffect, saveCheckpoint } from "./runs.ts";
import { removeSchedule, schedulesOf, setSchedule, ticked, upcoming } from "./schedules.ts";
import { settle } from "./settle.ts";
import { trigger } from "./trigger.ts";
import type { Work } from "./work.ts";

export type Works = { readonly [V in Verb]: (...args: Args<V>) => Work<Answer<V>> };

/**
 * Every verb as a work, to be driven inside a transaction.
 * @param join how a node joins: an engine may know more of its store than the store does.
 */
export function worksOf(hot: Hot, join: Works["join"]): Works {
  return {
    join,
    renew,
    wishes,
    leave,
    carry,
    drain,
    kill,
    orphans,
    holdings,
    held,
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
    plan: (...args) => plan(hot, ...args),
    ticked,
    trigger,
    claim: (...args) => claim(hot, ...args),
    settle: (...args) => settle(hot, ...args),
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
    mark: () => mark(hot),
    acceptClock: (...args) => acceptClock(hot, ...args),
    recordDeed,
  };
}

/** Verbs that change nothing: they need no write lock and no commit. */
export const READS: ReadonlySet<Verb> = new Set<Verb>([
  "wishes",
  "orphans",
  "holdings",
  "held",
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
