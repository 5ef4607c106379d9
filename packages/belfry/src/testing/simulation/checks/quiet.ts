import type { Judge } from "../judge.ts";
import type { Operator } from "../operator.ts";
import type { Scenario } from "../scenario.ts";
import type { Facts } from "./facts.ts";
import { demand } from "./violation.ts";
import { checkWitness } from "./witness.ts";

/** How long after it is due an occurrence may be unknown, and a claimable run unclaimed, ms. */
const LATE_MS = 14_000;
/** The longest that a script works, heeds and is settled, ms. */
const LONGEST_MS = 220_000;
/** How long after its time a try may come: a hold, and a look around. */
const TOLD_LATE_MS = 200_000;
/** For how long before the end all must have been well, ms. */
const WATCHED_MS = 120_000;

/** L1 to L3, I15: after all is healed, nothing is late, nobody waits in vain, nothing was lost. */
export function checkQuiet(judge: Judge, operator: Operator, scenario: Scenario): void {
  const { facts } = judge;
  checkPlanned(judge, facts);
  checkWaiting(facts, scenario);
  checkRunning(facts);
  for (const [id, run] of facts.history.tables.history) checkWitness(id, run, facts);
  checkTold(facts);
  for (const run of operator.acknowledged) {
    demand(
      facts.history.run(run) !== null || judge.retention.hasTaken(run),
      "I15 durability",
      () => `run ${run} is not there`,
    );
  }
}

function checkPlanned(judge: Judge, facts: Facts): void {
  const now = facts.now();
  for (const [id, schedule] of facts.history.tables.schedule) {
    const task = facts.history.tables.task.get(schedule.task);
    if (schedule.enabled === 0 || task?.enabled !== 1) continue;
    const from = Math.max(schedule.cursorAt, now - WATCHED_MS);
    for (const at of facts.oracle.due(schedule.parts, from, now - LATE_MS)) {
      demand(
        judge.ledger.has(id, at),
        "L1 planned in time",
        () => `${schedule.task}/${schedule.key} was due at ${at} and is not planned at ${now}`,
      );
    }
  }
  for (const [id, run] of [...facts.history.tables.pending, ...facts.history.tables.running]) {
    if (run.schedule === null || run.dueAt < now - WATCHED_MS) continue;
    demand(
      run.createdAt - run.dueAt < LATE_MS,
      "L1 planned in time",
      () => `run ${id} was due at ${run.dueAt} and planned at ${run.createdAt}`,
    );
  }
}

function checkWaiting(facts: Facts, scenario: Scenario): void {
  const { pending, node, running, task } = facts.history.tables;
  const now = facts.now();
  const busy = new Map<string, number>();
  for (const { node: where } of running.values()) {
    if (where != null) busy.set(where, (busy.get(where) ?? 0) + 1);
  }
  const least = Math.min(...scenario.machines.map(({ concurrency }) => concurrency));
  for (const [id, run] of pending) {
    if (run.parked === "gate") continue;
    const held = run.parked === "paused" && task.get(run.task)?.pauseBy != null;
    const carriers = [...node].filter(
      ([name, row]) => row.state === "alive" && facts.codeOf(name).has(run.task),
    );
    const full = carriers.every(([name]) => (busy.get(name) ?? 0) >= least);
    if (held || full) continue;
    demand(
      run.readyAt !== null && run.readyAt > now - LATE_MS,
      "L2 claimed in time",
      () => `run ${id} of ${run.task} is ready since ${run.readyAt} at ${now}: ${run.parked}`,
    );
  }
}

function checkRunning(facts: Facts): void {
  const { running, node } = facts.history.tables;
  for (const [id, run] of running) {
    const row = node.get(run.node ?? "");
    demand(
      row?.state === "alive" && row.leaseUntil >= facts.now() - LATE_MS,
      "L2 nobody's run",
      () => `run ${id} runs under ${run.node}: ${JSON.stringify(row)}`,
    );
    // Without proof of its death, a node that is gone keeps its runs until its lease has ended, which
    // is long where the clock went back meanwhile.
    if (facts.gone(run.node ?? "")) continue;
    demand(
      (run.startedAt ?? 0) > facts.now() - LONGEST_MS,
      "L2 stuck",
      () => `run ${id} runs since ${run.startedAt} at ${facts.now()}`,
    );
  }
}

/** What a channel refused waits for its next try; nothing waits longer than that. */
function checkTold(facts: Facts): void {
  const { outbox, incident, node } = facts.history.tables;
  const now = facts.now();
  for (const [id, row] of outbox) {
    const opening = outbox.get(`${row.incident}/opened/${row.channel}`);
    const waitsForOpening = row.step === "closed" && opening?.state === "waiting";
    const carried = [...node].some(
      ([name, { state }]) => state === "alive" && facts.codeOf(name).has(row.task ?? ""),
    );
    if (row.state !== "waiting" || waitsForOpening) continue;
    if (row.kind === "heartbeat" && !carried) continue;
    demand(
      row.readyAt > now - TOLD_LATE_MS,
      "what must go out goes out",
      () => `${id} waits since ${row.readyAt} at ${now}, after ${row.tries} tries`,
    );
  }
  for (const [id, { kind, closedAt, openedAt }] of incident) {
    demand(
      kind === "task" || closedAt !== null || openedAt > now - WATCHED_MS,
      "a downtime is told",
      () => `${id} is open since ${openedAt} at ${now}`,
    );
  }
}
