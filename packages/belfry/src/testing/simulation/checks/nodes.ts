import type { PlanClaim } from "../../../planning.ts";
import { type Commit, isCommitOf, type NodeImage, type RunImage } from "../commits.ts";
import type { Delta, Step } from "../history.ts";
import type { Facts } from "./facts.ts";
import { demand } from "./violation.ts";

/** I6, I14: who is declared dead and why, who may claim, and what. */
export class NodesCheck {
  /** The latest instant by any clock so far: clocks may go back, due instants do not. */
  #highest = 0;

  check(commit: Commit, delta: Delta, facts: Facts): void {
    for (const step of delta.nodes) checkNode(step, commit, facts);
    if (isCommitOf(commit, "plan") || isCommitOf(commit, "trigger")) {
      this.#highest = Math.max(this.#highest, commit.args[1]);
    }
    if (isCommitOf(commit, "claim")) this.#checkClaim(commit.args[0], commit.args[1], delta, facts);
    if (isCommitOf(commit, "plan")) this.#checkPlan(commit, delta, facts);
    if (isCommitOf(commit, "renew")) gaugeRenewal(commit, delta, facts);
    if (!isCommitOf(commit, "kill") || "error" in commit.result) return;
    if (commit.result.answer === "held") facts.gauges.hit("reaper lost to a renewal");
  }

  #checkPlan(commit: Commit<"plan">, delta: Delta, facts: Facts): void {
    const [, now, claim = null] = commit.args;
    const taken = startedBy(delta);
    if (taken.length === 0) return;
    demand(claim !== null, "I6 who may claim", () => `a plan claimed ${taken[0]?.id} for nobody`);
    demand(taken.length <= claim.limit, "limit of a claim", () => `${taken.length} were claimed`);
    facts.gauges.hit("claimed along with its plan");
    this.#checkClaim(claim, now, delta, facts);
    checkQueue(claim.node, now, delta, facts);
  }

  #checkClaim({ node, claimId }: PlanClaim, now: number, delta: Delta, facts: Facts): void {
    this.#highest = Math.max(this.#highest, now);
    const row = facts.history.tables.node.get(node);
    const taken = startedBy(delta);
    if (row === undefined || row.state !== "alive") {
      facts.gauges.hit("claim of a dead node refused");
    } else if (row.leaseUntil < now) {
      facts.gauges.hit("claim without a lease refused");
    }
    for (const { id, before, after } of taken) {
      if (after === null) continue;
      demand(
        row?.state === "alive" && row.leaseUntil >= now,
        "I6 who may claim",
        () => `node ${node} claimed ${id} at ${now} with ${JSON.stringify(row)}`,
      );
      demand(
        facts.codeOf(node).has(after.task),
        "I14 capability",
        () => `node ${node} claimed ${id} of ${after.task}, whose code it lacks`,
      );
      demand(
        after.node === node && after.claimId === claimId,
        "I6 owner",
        () => `run ${id} was claimed by ${node} and runs on ${after.node}`,
      );
      checkStart(id, before ?? after, now, this.#highest, facts);
    }
  }
}

function startedBy(delta: Delta): readonly Step<RunImage>[] {
  return delta.runs.filter(
    ({ before, after }) => before?.table !== "running" && after?.table === "running",
  );
}

/** Who waited to be claimed goes before who is claimed along with its plan. */
function checkQueue(node: string, now: number, delta: Delta, facts: Facts): void {
  const touched = new Set(delta.runs.map(({ id }) => id));
  for (const [id, run] of facts.history.tables.pending) {
    const free = run.gate === null || run.slot === 1;
    const ready = (run.readyAt ?? Infinity) <= now;
    demand(
      !free || !ready || touched.has(id) || !facts.codeOf(node).has(run.task),
      "who waits goes first",
      () => `run ${id} waits since ${run.readyAt} while ${node} claimed along with a plan`,
    );
  }
}

/** What may start: due, in time, not held, and let in. */
function checkStart(id: string, run: RunImage, now: number, highest: number, facts: Facts): void {
  // What waits at its gate may be let in and claimed in one commit.
  const due =
    run.dueAt <= highest && (run.readyAt ?? (run.parked === "gate" ? now : Infinity)) <= now;
  demand(due, "never early", () => `run ${id}, due ${run.dueAt}, was claimed at ${now}`);
  const inTime = (run.startBy ?? Infinity) >= now && (run.deadlineAt ?? Infinity) >= now;
  demand(inTime, "never late", () => `run ${id} was claimed at ${now}: ${JSON.stringify(run)}`);
  const task = facts.history.tables.task.get(run.task);
  const paused = task?.pauseBy != null && (task.pauseUntil ?? Infinity) > now;
  if (paused && run.forced === 1) facts.gauges.hit("forced while paused");
  demand(
    !paused || run.forced === 1,
    "pause",
    () => `run ${id} started while ${run.task} is paused`,
  );
  if (task !== undefined && task.enabled === 0) {
    demand(false, "removed", () => `run ${id} of the removed task ${run.task} started`);
  }
}

function checkNode({ id, before, after }: Step<NodeImage>, commit: Commit, facts: Facts): void {
  if (before === null) return;
  demand(
    after !== null || before.state !== "alive",
    "the living are not forgotten",
    () => `${commit.verb} forgot the living node ${id}`,
  );
  if (after === null) return;
  demand(
    before.state === "alive" || before.state === after.state,
    "dead is dead",
    () => `node ${id} was ${before.state} and is ${after.state}`,
  );
  demand(
    before.state === "alive" || before.leaseUntil === after.leaseUntil,
    "I6 renewal of the dead",
    () => `node ${id} is ${before.state} and had its lease renewed`,
  );
  if (before.state !== "alive" || after.state !== "dead") return;
  demand(isCommitOf(commit, "kill"), "I6 kill", () => `node ${id} was killed by ${commit.verb}`);
  if (!isCommitOf(commit, "kill")) return;
  const [, evidence, now] = commit.args;
  if (evidence === "proven") {
    facts.gauges.hit("death by proof");
    demand(facts.gone(id), "I6 proof", () => `node ${id} was proven dead and lives`);
    return;
  }
  facts.gauges.hit("death by expired lease");
  const expired = before.leaseUntil < now && before.leaseUntil < facts.now() + facts.skewMs();
  demand(
    expired,
    "I6 reaper's guard",
    () => `node ${id} was killed at ${now}, its lease runs until ${before.leaseUntil}`,
  );
}

function gaugeRenewal(commit: Commit<"renew">, delta: Delta, facts: Facts): void {
  const [, , now] = commit.args;
  const [step] = delta.nodes;
  if (step === undefined) facts.gauges.hit("renewal of a dead node refused");
  else if ((step.before?.leaseUntil ?? Infinity) < now) facts.gauges.hit("late renewal accepted");
}
