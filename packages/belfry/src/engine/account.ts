import { gateOf } from "../core/gate.ts";
import { occurrenceId } from "../core/identity.ts";
import { planSchedule } from "../core/plan.ts";
import type { Planned, SchedulePlan } from "../planning.ts";
import type { DueSchedule } from "../records.ts";
import type { Store } from "../store.ts";
import type { Catalogue } from "./catalogue.ts";
import { oneByOneIfRefused } from "./one-by-one.ts";

/** By what an occurrence that is planned late is judged. */
export interface PlanningTerms {
  readonly catalogue: Catalogue;
  readonly retentionMs: number;
  /**
   * `node`: what is planned too late was missed. `tick`: since the last tick of its source it counts
   * as planned in time, as if a node had been alive.
   */
  readonly attendance: "node" | "tick";
}

/** What to write for one schedule, up to `now`. */
export function planDue(schedule: DueSchedule, terms: PlanningTerms, now: number): SchedulePlan {
  const { catalogue, retentionMs, attendance } = terms;
  const { policies, timeZone } = catalogue.definition(schedule.definition);
  const { id, task, key, revision, definition, cursorAt, pause, payload } = schedule;
  const plan = planSchedule({
    id,
    schedule: catalogue.schedule(id, schedule.parts),
    timeZone,
    policies,
    cursorAt,
    pause,
    retentionMs,
    aliveSinceAt: attendance === "tick" ? schedule.tickedAt : null,
    now,
  });
  return {
    // Not the rest of it: each plan crosses to the store's thread.
    schedule: { id, task, key, revision, definition, cursorAt, payload },
    runs: plan.runs.map((run) => ({ ...run, id: occurrenceId(id, run.dueAt) })),
    gaps: plan.gaps,
    cursorAt: plan.cursorAt,
    nextAt: plan.nextAt,
    gate: gateOf(task, policies.concurrency, payload),
    overlap: policies.overlap,
  };
}

export interface AccountOptions extends PlanningTerms {
  readonly store: Store;
  readonly onPlanned?: (schedule: DueSchedule, plan: SchedulePlan) => void;
  /** Told of each schedule that could not be planned, and why. */
  readonly onUnplannable?: (schedule: DueSchedule, error: unknown) => void;
}

/**
 * Plans these tasks' schedules up to now by the rules in force, before the rules change. A schedule
 * that cannot be planned (its expression or its zone is unknown to this version, or the store refuses
 * it) is passed over, so that it holds up no other.
 *
 * @returns the ids of those.
 */
export async function accountUpTo(
  tasks: readonly string[],
  options: AccountOptions,
  now: number,
): Promise<readonly string[]> {
  const { store, catalogue, onPlanned, onUnplannable } = options;
  const passedOver = new Set<string>();
  const passOver = (schedule: DueSchedule, error: unknown): void => {
    passedOver.add(schedule.id);
    onUnplannable?.(schedule, error);
  };
  for (;;) {
    const due = (await store.schedulesOf(tasks)).filter(
      ({ id, nextAt }) => nextAt !== null && nextAt <= now && !passedOver.has(id),
    );
    if (due.length === 0) return [...passedOver];
    await catalogue.fetch(due.map((schedule) => schedule.definition));
    const plans = due.flatMap((schedule) => {
      try {
        return [{ schedule, plan: planDue(schedule, options, now) }];
      } catch (error) {
        passOver(schedule, error);
        return [];
      }
    });
    // Where another node was first, it may have planned less far: look again.
    const answers = await oneByOneIfRefused<(typeof plans)[number], Planned["answer"] | "refused">(
      plans,
      async (batch) => {
        const planned = await store.plan(
          batch.map(({ plan }) => plan),
          now,
        );
        return planned.map(({ answer }) => answer);
      },
      ({ schedule }, error) => {
        passOver(schedule, error);
        return "refused";
      },
    );
    for (const [index, { schedule, plan }] of plans.entries()) {
      if (answers[index] === "planned") onPlanned?.(schedule, plan);
    }
  }
}
