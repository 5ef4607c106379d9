import type { Definition } from "../../core/definition.ts";
import { AnswersCheck } from "./checks/answers.ts";
import type { Facts } from "./checks/facts.ts";
import { GatesCheck } from "./checks/gates.ts";
import { IncidentsCheck } from "./checks/incidents.ts";
import { LedgerCheck, type Touched } from "./checks/ledger.ts";
import { LivesCheck } from "./checks/lives.ts";
import { NodesCheck } from "./checks/nodes.ts";
import { OutboxCheck } from "./checks/outbox.ts";
import { PatienceCheck } from "./checks/patience.ts";
import { RetentionCheck } from "./checks/retention.ts";
import { checkStart } from "./checks/starts.ts";
import { demand } from "./checks/violation.ts";
import { type Commit, isCommitOf } from "./commits.ts";
import type { Effect } from "./effects.ts";
import type { Gauges } from "./gauges.ts";
import { type Delta, History } from "./history.ts";

const READS: ReadonlySet<string> = new Set(
  [
    "wishes orphans holdings held nodes peers drift refusals definitions upcoming schedulesOf checkpoint effect expired tasks run",
    "outboxReadyAt incidents outbox",
    "runs runsByPrefix gaps days gate audit mark",
  ].flatMap((verbs) => verbs.split(" ")),
);

/** Nobody asks what was due longer ago than this, as a rule. */
const ORACLE_MS = 2 * 86_400_000;

/** Holds every commit, and every start of a task, against the invariants. */
export class Judge {
  readonly history: History = new History();
  readonly ledger: LedgerCheck = new LedgerCheck();
  readonly outbox: OutboxCheck = new OutboxCheck();
  readonly retention: RetentionCheck = new RetentionCheck();
  readonly #incidents = new IncidentsCheck();
  readonly #facts: Facts;
  readonly #lives = new LivesCheck();
  readonly #gates = new GatesCheck();
  readonly #nodes = new NodesCheck();
  readonly #answers = new AnswersCheck();
  readonly #definitions = new Map<string, Definition>();
  readonly #applied = new Set<string>();
  readonly #patience = new PatienceCheck();
  readonly #counts = { runs: 0, occurrences: 0 };

  constructor(facts: Omit<Facts, "history" | "definition">) {
    this.#facts = {
      ...facts,
      history: this.history,
      definition: (hash) => {
        const found = this.#definitions.get(hash);
        if (found === undefined) throw new Error(`There is no definition ${hash}.`);
        return found;
      },
    };
  }

  get facts(): Facts {
    return this.#facts;
  }

  /** How many there have been. */
  get counts(): { readonly runs: number; readonly occurrences: number } {
    return this.#counts;
  }

  /** @returns what the commit changed. */
  commit(commit: Commit): Delta {
    const { verb } = commit;
    if (isCommitOf(commit, "publish")) {
      for (const { hash, body } of commit.args[1]) this.#definitions.set(hash, body);
    }
    const delta = this.history.apply(commit);
    if (READS.has(verb) || "error" in commit.result) {
      demand(
        commit.changes.length === 0,
        "I18 purity",
        () => `${verb} changed ${JSON.stringify(commit.changes)}`,
      );
      return delta;
    }
    this.#lives.check(commit, delta, this.#facts);
    this.#answers.check(commit, delta, this.#facts);
    this.#nodes.check(commit, delta, this.#facts);
    this.#gates.check(commit, delta, this.#facts);
    const touched = this.ledger.check(commit, delta, this.#facts);
    this.retention.check(commit, delta, touched, this.#facts);
    this.#incidents.check(commit, delta, this.#facts);
    this.outbox.check(commit, delta, this.#facts);
    this.#count(delta, touched);
    this.#gauge(commit, delta, this.#facts.gauges);
    return delta;
  }

  /**
   * After a quiet that was found well: forgets what is over and was judged. Whatever still happens
   * to it is a violation.
   */
  forget(): void {
    const { effects, oracle, now } = this.#facts;
    for (const run of this.history.tables.history.keys()) effects.close(run);
    this.ledger.close(this.#facts);
    this.outbox.forget(this.#facts);
    this.retention.forget();
    this.#patience.check(this.history);
    oracle.forget(now() - ORACLE_MS);
  }

  start(effect: Effect, earlier: readonly Effect[]): void {
    checkStart(effect, earlier, this.#facts);
  }

  #count(delta: Delta, touched: Touched): void {
    for (const { before, after } of delta.runs) {
      if (before === null && after !== null) this.#counts.runs += 1;
      else if (before !== null && before.table !== "history" && after === null) {
        this.#counts.runs -= 1;
      }
    }
    for (const instants of touched.entered.values()) this.#counts.occurrences += instants.size;
    for (const instants of touched.withdrawn.values()) this.#counts.occurrences -= instants.size;
  }

  #gauge(commit: Commit, delta: Delta, gauges: Gauges): void {
    gaugeRows(commit, delta, gauges);
    if ("error" in commit.result) return;
    if (isCommitOf(commit, "adopt") && "answer" in commit.result) {
      const { answer } = commit.result.answer;
      const { hash } = commit.args[0].release;
      gauges.hit(answer === "adopted" ? "release adopted" : "release lost the race");
      if (answer === "adopted" && this.#applied.has(hash)) gauges.hit("release rolled back");
      this.#applied.add(hash);
    }
    if (isCommitOf(commit, "claim") && "answer" in commit.result) {
      const taken = delta.runs.some(({ after }) => after?.table === "running");
      if (!taken && commit.result.answer.runs.length > 0) gauges.hit("ambiguous claim adopted");
    }
    if (isCommitOf(commit, "trigger")) gaugeTrigger(commit, gauges);
    if (isCommitOf(commit, "unpause") && delta.tasks.length > 0) {
      gauges.hit("pause ended by itself");
    }
    if (isCommitOf(commit, "setSchedule") && delta.schedules.length > 0) {
      gauges.hit("schedule made at run time");
    }
    if (isCommitOf(commit, "removeSchedule") && delta.schedules.length > 0) {
      gauges.hit("schedule removed at run time");
    }
  }
}

function gaugeTrigger(commit: Commit<"trigger">, gauges: Gauges): void {
  if ("error" in commit.result) return;
  for (const [index, triggered] of commit.result.answer.entries()) {
    const request = commit.args[0][index];
    if (request === undefined) continue;
    if (triggered.answer === "paused") gauges.hit("trigger refused by a pause");
    if (triggered.answer === "conflict") gauges.hit("idempotency key conflict");
    if (triggered.answer === "already") gauges.hit("same idempotency key answered");
    if (triggered.answer === "triggered" && request.replayOf !== null) gauges.hit("replayed");
  }
}

function gaugeRows(commit: Commit, delta: Delta, gauges: Gauges): void {
  for (const { before, after } of delta.tasks) {
    if (before?.enabled === 1 && after?.enabled === 0) gauges.hit("task removed");
    if (before?.enabled === 0 && after?.enabled === 1) gauges.hit("task returned");
  }
  for (const { before, after } of delta.runs) {
    if (after?.parked === "code" && before?.parked !== "code")
      gauges.hit("parked for want of code");
    const withdrawn = before?.table === "pending" && after?.table !== "pending";
    const edits = commit.verb === "adopt" || commit.verb === "setSchedule";
    if (withdrawn && edits) gauges.hit("edit withdrew a waiting run");
  }
}
