import { type Commit, isCommitOf, type OutboxImage } from "../commits.ts";
import type { Delta, Step } from "../history.ts";
import type { Delivery } from "../letterbox.ts";
import type { Facts } from "./facts.ts";
import { demand } from "./violation.ts";

interface Try {
  readonly node: string;
  readonly process: string;
  readonly delivered: Delivery[];
  recorded: "yes" | "no";
}

/**
 * What goes out: each try by whoever took it, at most once; what is sent goes out no more; and
 * only a try of which nobody could tell the store is followed by another one.
 */
export class OutboxCheck {
  readonly #tries = new Map<string, Map<number, Try>>();

  check(commit: Commit, delta: Delta, facts: Facts): void {
    for (const step of delta.outbox) {
      checkRow(step, commit, facts);
      const { id, before, after } = step;
      if (after?.state === "sent" && before?.state !== "sent") this.#checkArrived(id);
    }
    if (isCommitOf(commit, "takeOutbox") && "answer" in commit.result) {
      const [{ node }, , now] = commit.args;
      for (const { id, tries } of commit.result.answer.items) {
        this.#of(id).set(tries, { node, process: commit.by, delivered: [], recorded: "no" });
        const row = delta.outbox.find((step) => step.id === id);
        demand(
          isReady(row?.before ?? null, now) || isTold(id, commit.result.answer.told),
          "what is hidden or sent is not handed out",
          () => `${id} was ${JSON.stringify(row?.before)} when ${commit.by} took it at ${now}`,
        );
        if (row?.before != null) checkOrder(id, row.before, facts);
      }
      if (commit.result.answer.told.length > 0) facts.gauges.hit("downtime told");
    }
    if (isCommitOf(commit, "recordOutbox")) {
      for (const { id, tries, result } of commit.args[0]) {
        const known = this.#of(id).get(tries);
        if (known !== undefined) known.recorded = "yes";
        if (result === "again") facts.gauges.hit("alert refused by its channel");
      }
    }
  }

  delivered(delivery: Delivery, facts: Facts): void {
    const { id, process } = delivery;
    const tries = [...this.#of(id).values()];
    const own = tries.filter((one) => one.process === process);
    const last = own.at(-1);
    demand(last !== undefined, "who sends has taken", () => `${process} sent ${id} untaken`);
    last.delivered.push(delivery);
    const delivered = own.reduce((sum, one) => sum + one.delivered.length, 0);
    demand(
      delivered <= own.length,
      "each try goes out once",
      () => `${process} sent ${id} ${delivered} times in ${own.length} tries`,
    );
    const earlier = tries.filter((one) => one !== last && one.delivered.length > 0);
    demand(
      earlier.every((one) => one.node !== last.node || one.delivered[0]?.answer === "held"),
      "what arrived is not sent again",
      () => `${id} had arrived and was sent again: ${JSON.stringify(tries)}`,
    );
    const isBeat = id.endsWith("/heartbeat");
    facts.gauges.hit(isBeat ? "heartbeat delivered" : "alert delivered");
    if (!isBeat && earlier.length > 0) facts.gauges.hit("alert repeated after a death");
  }

  /** After quiet nothing is on its way: what does not wait is not tried any more. */
  forget(facts: Facts): void {
    for (const id of this.#tries.keys()) {
      const row = facts.history.tables.outbox.get(id);
      if (row?.state !== "waiting") this.#tries.delete(id);
    }
  }

  #checkArrived(id: string): void {
    const tries = [...(this.#tries.get(id)?.values() ?? [])];
    demand(
      tries.some(({ delivered }) => delivered.length > 0),
      "what is sent has arrived",
      () => `${id} is sent, and nobody got it`,
    );
  }

  #of(id: string): Map<number, Try> {
    const known = this.#tries.get(id) ?? new Map<number, Try>();
    this.#tries.set(id, known);
    return known;
  }
}

function checkRow({ id, before, after }: Step<OutboxImage>, commit: Commit, facts: Facts): void {
  if (before === null || before.kind === "heartbeat") return;
  if (after === null && isCommitOf(commit, "sweep")) {
    const [, now] = commit.args;
    demand(
      before.state !== "waiting" && before.madeAt < now - facts.retentionMs,
      "an alert is kept",
      () => `${id} was forgotten at ${now}: ${JSON.stringify(before)}`,
    );
    return;
  }
  demand(
    after !== null && (before.state === "waiting" || after.state === before.state),
    "an alert is not lost",
    () => `${commit.verb} made of ${id} ${JSON.stringify(after)}, it was ${before.state}`,
  );
}

function isReady(row: OutboxImage | null, now: number): boolean {
  return row?.state === "waiting" && row.readyAt <= now;
}

/** The alerts of a downtime are written, and taken, by whoever finds that all of it is known. */
function isTold(id: string, told: readonly { readonly id: string }[]): boolean {
  return told.some((incident) => id.startsWith(incident.id));
}

/** Of an incident nobody hears the end before the beginning. */
function checkOrder(id: string, row: OutboxImage, facts: Facts): void {
  if (row.step !== "closed") return;
  const opening = facts.history.tables.outbox.get(`${row.incident}/opened/${row.channel}`);
  demand(
    opening === undefined || opening.state !== "waiting",
    "the beginning before the end",
    () => `${id} was taken while its opening waits`,
  );
}
