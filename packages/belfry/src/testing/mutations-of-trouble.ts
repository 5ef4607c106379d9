import type { Mutation } from "./mutation.ts";

/** Of what follows incidents and tells of them. */
export const MUTATIONS_OF_TROUBLE: readonly Mutation[] = [
  {
    name: "a failed run that nobody hears of",
    file: "stores/sql/settle.ts",
    text: 'if (state === "failed") note(wake.failures, task, settlement);',
    replacement: "",
  },
  {
    name: "what a claim took kept by a node that ends, where its answer was lost",
    file: "engine/dispatcher.ts",
    text: "while (this.#claimId !== null && clock.monotonic() < until) {",
    replacement: "while (this.#closed && clock.monotonic() > until) {",
  },
  {
    name: "a node declared dead the moment its lease has ended",
    file: "engine/reaper.ts",
    text: "if (other.leaseUntil + GRACE_MS >= now ||",
    replacement: "if (other.leaseUntil >= now ||",
  },
  {
    name: "a success that leaves the incident open",
    file: "stores/sql/settle.ts",
    text: "note(wake.successes, task, run);",
    replacement: "",
  },
  {
    name: "a late occurrence that nobody hears of",
    file: "stores/sql/waiting.ts",
    text: 'if (reason === "late") addSign(signs, task, { kind: "late", schedule, dueAt, at: now });',
    replacement: "",
  },
  {
    name: "what a downtime missed, in no incident",
    file: "stores/sql/plan.ts",
    text: "yield* joinDown({ at: now, fromAt, missed, caughtUp, tasks }, hashes);",
    replacement: "",
  },
  {
    name: "an incident closed by a success from before its cause",
    file: "core/incident.ts",
    text: "startedAt < at || (schedule !== null",
    replacement: "startedAt < 0 || (schedule !== null",
  },
  {
    name: "an incident closed by the success of another schedule",
    file: "core/incident.ts",
    text: 'key !== "" && key !== schedule),',
    replacement: 'key !== "" && key !== key),',
  },
  {
    name: "a removed task's incident left open",
    file: "stores/sql/adopt.ts",
    text: 'addSign(change.signs, task, { kind: "removed", at: now });',
    replacement: "",
  },
  {
    name: "an incident without alerts",
    file: "stores/sql/incidents.ts",
    text: "    yield* putAlerts(facts, around.channels, now);",
    replacement: "",
  },
  {
    name: "an alert that is not hidden while it is sent",
    file: "stores/sql/outbox.ts",
    text: "      now + holdMs,",
    replacement: "      now,",
  },
  {
    name: "the end told before the beginning",
    file: "stores/sql/outbox.ts",
    text: "o.channel and b.state = 'waiting'))`;",
    replacement: "o.channel and b.state = ''))`;",
  },
  {
    name: "an alert that was sent sent again",
    file: "stores/sql/outbox.ts",
    text: "set state = 'sent', ended_at = ?, error = null",
    replacement: "set state = 'waiting', ended_at = ?, error = null",
  },
  {
    name: "a result forgotten while the store is away",
    file: "engine/alerter.ts",
    text: "      await this.#options.store.recordOutbox(results, now);\n      this.#results = this.#results.slice(results.length);",
    replacement:
      "      this.#results = this.#results.slice(results.length);\n      await this.#options.store.recordOutbox(results, now);",
  },
  {
    name: "a run given back that may have ended just then",
    file: "engine/reconciler.ts",
    text: "unknown.filter((each) => this.#suspects.has(keyOf(each)))",
    replacement: "unknown",
  },
  {
    name: "a run given back that a claim's answer may hold",
    file: "engine/reconciler.ts",
    text: "each.claim !== claim && ",
    replacement: "",
  },
];
