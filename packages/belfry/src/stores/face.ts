import type { Store } from "../store.ts";

/** What the store does in the database; the rest of its face is about the connection. */
export type Verb = Exclude<keyof Store, "onChange" | "close">;
export type Args<V extends Verb> = Parameters<Store[V]>;
export type Answer<V extends Verb> = Awaited<ReturnType<Store[V]>>;

/** The store's face over one way of calling its verbs: in this thread, or in the keeper's. */
export abstract class StoreFace implements Pick<Store, Verb> {
  protected abstract call<V extends Verb>(verb: V, args: Args<V>): Promise<Answer<V>>;

  join(...args: Args<"join">): Promise<Answer<"join">> {
    return this.call("join", args);
  }
  renew(...args: Args<"renew">): Promise<Answer<"renew">> {
    return this.call("renew", args);
  }
  wishes(...args: Args<"wishes">): Promise<Answer<"wishes">> {
    return this.call("wishes", args);
  }
  leave(...args: Args<"leave">): Promise<Answer<"leave">> {
    return this.call("leave", args);
  }
  carry(...args: Args<"carry">): Promise<Answer<"carry">> {
    return this.call("carry", args);
  }
  drain(...args: Args<"drain">): Promise<Answer<"drain">> {
    return this.call("drain", args);
  }
  kill(...args: Args<"kill">): Promise<Answer<"kill">> {
    return this.call("kill", args);
  }
  orphans(...args: Args<"orphans">): Promise<Answer<"orphans">> {
    return this.call("orphans", args);
  }
  holdings(...args: Args<"holdings">): Promise<Answer<"holdings">> {
    return this.call("holdings", args);
  }
  held(...args: Args<"held">): Promise<Answer<"held">> {
    return this.call("held", args);
  }
  noteHeartbeat(...args: Args<"noteHeartbeat">): Promise<Answer<"noteHeartbeat">> {
    return this.call("noteHeartbeat", args);
  }
  nodes(...args: Args<"nodes">): Promise<Answer<"nodes">> {
    return this.call("nodes", args);
  }
  peers(...args: Args<"peers">): Promise<Answer<"peers">> {
    return this.call("peers", args);
  }
  publish(...args: Args<"publish">): Promise<Answer<"publish">> {
    return this.call("publish", args);
  }
  drift(...args: Args<"drift">): Promise<Answer<"drift">> {
    return this.call("drift", args);
  }
  adopt(...args: Args<"adopt">): Promise<Answer<"adopt">> {
    return this.call("adopt", args);
  }
  refusals(...args: Args<"refusals">): Promise<Answer<"refusals">> {
    return this.call("refusals", args);
  }
  definitions(...args: Args<"definitions">): Promise<Answer<"definitions">> {
    return this.call("definitions", args);
  }
  setSchedule(...args: Args<"setSchedule">): Promise<Answer<"setSchedule">> {
    return this.call("setSchedule", args);
  }
  removeSchedule(...args: Args<"removeSchedule">): Promise<Answer<"removeSchedule">> {
    return this.call("removeSchedule", args);
  }
  upcoming(...args: Args<"upcoming">): Promise<Answer<"upcoming">> {
    return this.call("upcoming", args);
  }
  schedulesOf(...args: Args<"schedulesOf">): Promise<Answer<"schedulesOf">> {
    return this.call("schedulesOf", args);
  }
  plan(...args: Args<"plan">): Promise<Answer<"plan">> {
    return this.call("plan", args);
  }
  ticked(...args: Args<"ticked">): Promise<Answer<"ticked">> {
    return this.call("ticked", args);
  }
  trigger(...args: Args<"trigger">): Promise<Answer<"trigger">> {
    return this.call("trigger", args);
  }
  claim(...args: Args<"claim">): Promise<Answer<"claim">> {
    return this.call("claim", args);
  }
  settle(...args: Args<"settle">): Promise<Answer<"settle">> {
    return this.call("settle", args);
  }
  cancel(...args: Args<"cancel">): Promise<Answer<"cancel">> {
    return this.call("cancel", args);
  }
  observe(...args: Args<"observe">): Promise<Answer<"observe">> {
    return this.call("observe", args);
  }
  saveCheckpoint(...args: Args<"saveCheckpoint">): Promise<Answer<"saveCheckpoint">> {
    return this.call("saveCheckpoint", args);
  }
  checkpoint(...args: Args<"checkpoint">): Promise<Answer<"checkpoint">> {
    return this.call("checkpoint", args);
  }
  effect(...args: Args<"effect">): Promise<Answer<"effect">> {
    return this.call("effect", args);
  }
  recordEffect(...args: Args<"recordEffect">): Promise<Answer<"recordEffect">> {
    return this.call("recordEffect", args);
  }
  pause(...args: Args<"pause">): Promise<Answer<"pause">> {
    return this.call("pause", args);
  }
  resume(...args: Args<"resume">): Promise<Answer<"resume">> {
    return this.call("resume", args);
  }
  unpause(...args: Args<"unpause">): Promise<Answer<"unpause">> {
    return this.call("unpause", args);
  }
  outboxReadyAt(...args: Args<"outboxReadyAt">): Promise<Answer<"outboxReadyAt">> {
    return this.call("outboxReadyAt", args);
  }
  takeOutbox(...args: Args<"takeOutbox">): Promise<Answer<"takeOutbox">> {
    return this.call("takeOutbox", args);
  }
  recordOutbox(...args: Args<"recordOutbox">): Promise<Answer<"recordOutbox">> {
    return this.call("recordOutbox", args);
  }
  parkUncarried(...args: Args<"parkUncarried">): Promise<Answer<"parkUncarried">> {
    return this.call("parkUncarried", args);
  }
  topup(...args: Args<"topup">): Promise<Answer<"topup">> {
    return this.call("topup", args);
  }
  expired(...args: Args<"expired">): Promise<Answer<"expired">> {
    return this.call("expired", args);
  }
  prune(...args: Args<"prune">): Promise<Answer<"prune">> {
    return this.call("prune", args);
  }
  sweep(...args: Args<"sweep">): Promise<Answer<"sweep">> {
    return this.call("sweep", args);
  }
  tasks(...args: Args<"tasks">): Promise<Answer<"tasks">> {
    return this.call("tasks", args);
  }
  run(...args: Args<"run">): Promise<Answer<"run">> {
    return this.call("run", args);
  }
  runs(...args: Args<"runs">): Promise<Answer<"runs">> {
    return this.call("runs", args);
  }
  occurrences(...args: Args<"occurrences">): Promise<Answer<"occurrences">> {
    return this.call("occurrences", args);
  }
  runsByPrefix(...args: Args<"runsByPrefix">): Promise<Answer<"runsByPrefix">> {
    return this.call("runsByPrefix", args);
  }
  gaps(...args: Args<"gaps">): Promise<Answer<"gaps">> {
    return this.call("gaps", args);
  }
  days(...args: Args<"days">): Promise<Answer<"days">> {
    return this.call("days", args);
  }
  gate(...args: Args<"gate">): Promise<Answer<"gate">> {
    return this.call("gate", args);
  }
  audit(...args: Args<"audit">): Promise<Answer<"audit">> {
    return this.call("audit", args);
  }
  incidents(...args: Args<"incidents">): Promise<Answer<"incidents">> {
    return this.call("incidents", args);
  }
  outbox(...args: Args<"outbox">): Promise<Answer<"outbox">> {
    return this.call("outbox", args);
  }
  census(...args: Args<"census">): Promise<Answer<"census">> {
    return this.call("census", args);
  }
  mark(...args: Args<"mark">): Promise<Answer<"mark">> {
    return this.call("mark", args);
  }

  acceptClock(...args: Args<"acceptClock">): Promise<Answer<"acceptClock">> {
    return this.call("acceptClock", args);
  }
  recordDeed(...args: Args<"recordDeed">): Promise<Answer<"recordDeed">> {
    return this.call("recordDeed", args);
  }
}
