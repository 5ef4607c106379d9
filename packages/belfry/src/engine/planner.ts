import type { Clock } from "../clock.ts";
import { tellsOfDowntime } from "../core/plan.ts";
import type { PlanClaim, Planned, SchedulePlan } from "../planning.ts";
import type { ClaimedRun, DueSchedule } from "../records.ts";
import type { Store, Wish } from "../store.ts";
import { type PlanningTerms, planDue } from "./account.ts";
import type { ClockGuard } from "./clock-guard.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { DueQueue } from "./due-queue.ts";
import type { Events } from "./events.ts";
import type { Service } from "./loop.ts";
import { oneByOneIfRefused } from "./one-by-one.ts";

export interface PlannerOptions extends PlanningTerms {
  readonly store: Store;
  readonly clock: Clock;
  readonly node: string;
  readonly guard: ClockGuard;
  readonly events: Events;
  readonly pace: number;
  /** What is planned may start at once, by a claim that goes along. */
  readonly claims: Pick<Dispatcher, "reserve" | "deliver">;
  /**
   * Something may wait to be claimed. Of the runs that wait for their jitter, the first comes to its
   * gate at `arrivesAt`.
   */
  readonly onPlanned: (arrivesAt: number | null) => void;
  readonly onWish: (wish: Wish) => void;
  /** Something waits in the outbox, or will. */
  readonly onOutbox: () => void;
}

/** How far ahead schedules are read, and how often: a hint that was lost costs at most this. */
const HORIZON_MS = 10_000;
const REFRESH_MS = 5_000;
/** A reading ahead makes way for what is due so soon, ms, but not for longer than this. */
const CALM_MS = 50;
const DELAY_MS_MAX = 1_000;
/** Bounds of one page read ahead and of one batch planned, so that no event loop stands still. */
const PAGE = 1_000;
const BATCH = 1_000;
const QUEUE_MAX = 100_000;

interface Due {
  readonly schedule: DueSchedule;
  readonly plan: SchedulePlan;
}

type Answer =
  | Planned
  | {
      readonly answer: "refused";
      readonly wishes: readonly [];
      readonly claimed: readonly [];
      readonly gaps: readonly [];
      readonly steps: readonly [];
    };

/**
 * Plans: at each due instant, decides what becomes of the occurrence and writes it. It reads the
 * coming seconds ahead, but never writes ahead, so an edit, a pause or a death in between is no
 * special case.
 */
export class Planner implements Service {
  readonly name = "planner";
  readonly precision = "sharp";
  readonly #options: PlannerOptions;
  readonly #queue = new DueQueue<DueSchedule>();
  /** By the monotonic clock, as the wall clock may go back. */
  #refreshAt = 0;
  #readUntil = 0;
  #rush = false;
  /** By the monotonic clock, when the store last told what is to come. */
  #readAt: number;

  constructor(options: PlannerOptions) {
    this.#options = options;
    this.#readAt = options.clock.monotonic();
  }

  /** How long ago the store last told what is to come. */
  get sinceReadMs(): number {
    return this.#options.clock.monotonic() - this.#readAt;
  }

  /** Whether more was due at once than one batch takes. */
  get rush(): boolean {
    return this.#rush;
  }

  /** Something may have changed in the store: read again before sleeping. */
  refresh(): void {
    this.#refreshAt = 0;
  }

  async step(now: number): Promise<number | "now" | null> {
    const hold = this.#options.guard.holdUntil();
    if (hold !== null) return hold;
    if (this.#shouldRead(now)) await this.#readAhead(now);
    const due = this.#queue.takeDue(now, BATCH);
    this.#rush = due.length === BATCH;
    if (due.length > 0) {
      await this.#plan(due, now);
      return "now";
    }
    const untilRead = this.#refreshAt - this.#options.clock.monotonic();
    const readAt = now + Math.max(untilRead, CALM_MS);
    return Math.min(this.#queue.firstAt ?? readAt, readAt);
  }

  #shouldRead(now: number): boolean {
    const overdueMs = this.#options.clock.monotonic() - this.#refreshAt;
    if (overdueMs < 0) return false;
    const dueAt = this.#queue.firstAt ?? Infinity;
    return dueAt > now + CALM_MS || overdueMs > DELAY_MS_MAX;
  }

  async #readAhead(now: number): Promise<void> {
    const { store, node, pace, clock } = this.#options;
    const until = now + HORIZON_MS * pace;
    // Set first: a hint that arrives while reading asks for another reading.
    this.#refreshAt = clock.monotonic() + REFRESH_MS * pace;
    const pages: DueSchedule[] = [];
    let after: { nextAt: number; id: string } | null = null;
    do {
      const page: readonly DueSchedule[] = await store.upcoming({
        node,
        until,
        after,
        limit: PAGE,
      });
      pages.push(...page);
      const last: DueSchedule | undefined = page.at(-1);
      after = page.length < PAGE ? null : { nextAt: last?.nextAt ?? until, id: last?.id ?? "" };
    } while (after !== null && pages.length < QUEUE_MAX);
    await this.#options.catalogue.fetch(pages.map((schedule) => schedule.definition));
    this.#queue.clear();
    for (const schedule of pages) this.#queue.push(schedule);
    this.#readUntil = until;
    this.#readAt = clock.monotonic();
  }

  async #plan(due: readonly DueSchedule[], now: number): Promise<void> {
    const { claims, onPlanned } = this.#options;
    const plans: Due[] = [];
    for (const schedule of due) {
      const plan = this.#try(schedule, () => planDue(schedule, this.#options, now));
      if (plan !== null) plans.push({ schedule, plan });
    }
    if (plans.length === 0) return;
    const reserved = claims.reserve();
    const written = this.#write(plans, now, reserved);
    // What is refused as a whole is tried one by one without a claim: it waits to be claimed as ever.
    const answered = oneByOneIfRefused<Due, Answer>(
      plans,
      (batch) => (batch === plans ? written : this.#write(batch, now, undefined)),
      ({ schedule }, error) => this.#refused(schedule, error),
    );
    // They have left the queue: whatever becomes of the call, they are read again before they are due.
    answered.catch(() => this.refresh());
    const arrivesAt = firstArrival(plans, now);
    if (reserved === undefined) {
      // A claim may follow at once.
      onPlanned(arrivesAt);
      this.#account(plans, await answered);
      return;
    }
    answered.catch(() => onPlanned(arrivesAt));
    const delivered = claims.deliver(written.then((answers) => answers.flatMap(claimedOf)));
    if (this.#account(plans, await answered) === "waits") onPlanned(arrivesAt);
    await delivered;
  }

  #write(
    plans: readonly Due[],
    now: number,
    claim: PlanClaim | undefined,
  ): Promise<readonly Planned[]> {
    return this.#options.store.plan(
      plans.map(({ plan }) => plan),
      now,
      claim,
    );
  }

  /** One schedule that cannot be understood never stops the others. */
  #try(schedule: DueSchedule, plan: () => SchedulePlan): SchedulePlan | null {
    try {
      return plan();
    } catch (error) {
      this.#refused(schedule, error);
      return null;
    }
  }

  #refused(schedule: DueSchedule, error: unknown): Answer {
    const service = `planner (${schedule.task})`;
    this.#options.events.emit({ kind: "trouble", service, error, retryInMs: REFRESH_MS });
    // The next reading ahead brings it up again.
    return { answer: "refused", wishes: [], claimed: [], gaps: [], steps: [] };
  }

  /** @returns whether any of the runs was not claimed. */
  #account(plans: readonly Due[], answers: readonly Answer[]): "waits" | "claimed" {
    let waits = false;
    for (const [index, { answer, wishes, claimed, gaps, steps }] of answers.entries()) {
      const planned = plans[index];
      if (planned === undefined) continue;
      // Somebody else plans it, and may be about to: whoever looks at once finds it as it was.
      if (answer === "stale") this.#refreshAt = this.#options.clock.monotonic() + CALM_MS;
      if (answer === "planned") {
        this.#goOn(planned.schedule, planned.plan);
        waits ||= planned.plan.runs.length > claimed.length;
      }
      for (const gap of gaps) this.#options.events.emit({ kind: "gap", ...gap });
      for (const wish of wishes) this.#options.onWish(wish);
      this.#options.events.tell(steps);
      if (steps.length > 0) this.#options.onOutbox();
    }
    return waits ? "waits" : "claimed";
  }

  #goOn(schedule: DueSchedule, plan: SchedulePlan): void {
    if (tellsOfDowntime(plan)) this.#options.onOutbox();
    for (const { reason, count, fromAt, toAt } of plan.gaps) {
      const { task } = schedule;
      this.#options.events.emit({ kind: "gap", task, reason, count, fromAt, toAt });
    }
    if (plan.nextAt === null || plan.nextAt > this.#readUntil) return;
    this.#queue.push({ ...schedule, cursorAt: plan.cursorAt, nextAt: plan.nextAt });
  }
}

function claimedOf({ claimed }: Planned): readonly ClaimedRun[] {
  return claimed;
}

/** When the first of the planned runs that wait for their jitter comes to its gate. */
function firstArrival(plans: readonly { readonly plan: SchedulePlan }[], now: number) {
  let first: number | null = null;
  for (const { plan } of plans) {
    if (plan.gate === null) continue;
    for (const { readyAt } of plan.runs) {
      if (readyAt > now && (first === null || readyAt < first)) first = readyAt;
    }
  }
  return first;
}
