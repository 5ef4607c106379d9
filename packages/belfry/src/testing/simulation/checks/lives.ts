import type { Definition } from "../../../core/definition.ts";
import type { Attempt } from "../../../core/run.ts";
import type { Commit, RunImage } from "../commits.ts";
import type { Gauges } from "../gauges.ts";
import type { Delta, Step } from "../history.ts";
import { attemptsOf, type Facts } from "./facts.ts";
import { demand } from "./violation.ts";

const LOSSES_MAX = 3;

/** The only verbs that may make each move. */
const MOVES: Readonly<Record<string, readonly string[]>> = {
  "none → pending": ["plan", "trigger"],
  "pending → running": ["claim"],
  // What comes due live and is claimed along with its plan.
  "none → running": ["plan"],
  "pending → history": ["claim", "plan", "cancel", "adopt", "setSchedule", "removeSchedule"],
  "pending → none": ["claim", "plan", "pause", "adopt", "setSchedule", "removeSchedule"],
  "running → pending": ["settle"],
  "running → history": ["settle"],
  // What is older than retention; RetentionCheck says what else must be true of it.
  "history → none": ["prune"],
  // An occurrence that was admitted and displaced by the next one of the same plan.
  "none → none": ["plan"],
};

/** What a run is, all its life (I16). */
const FIXED = [
  "task",
  "schedule",
  "dueAt",
  "definition",
  "triggerKind",
  "gate",
  "payload",
  "deadlineAt",
  "createdAt",
] as const;

/** I5 to I9 and I16: how runs may move, and what their attempts may look like. */
export class LivesCheck {
  #highestFence = 0;

  check(commit: Commit, delta: Delta, facts: Facts): void {
    for (const id of delta.doubled) {
      demand(false, "I5 one place", () => `run ${id} is in two tables after ${commit.verb}`);
    }
    for (const step of delta.runs) this.#checkStep(step, commit, facts);
    this.#checkFences(delta, commit);
    for (const { id, before, after } of delta.tasks) {
      if (before?.enabled === 1 && after?.enabled !== 1) checkRemoved(id, facts);
    }
  }

  #checkStep(step: Step<RunImage>, commit: Commit, facts: Facts): void {
    const { id, before, after } = step;
    const from = before?.table ?? "none";
    const to = after?.table ?? "none";
    if (from !== to || from === "none") {
      const move = `${from} → ${to}`;
      const legal = MOVES[move]?.includes(commit.verb) ?? false;
      demand(legal, "I5 moves", () => `run ${id} went ${move} by ${commit.verb}`);
    }
    if (before !== null && after !== null) checkIdentity(id, before, after);
    if (before?.table === "history" && after !== null) checkFinal(id, before, after);
    if (before !== null && after === null && before.table !== "history") {
      const occurrence = before.triggerKind === "schedule" && before.attempts === "";
      demand(occurrence, "I5 withdrawn", () => `run ${id} vanished: ${JSON.stringify(before)}`);
    }
    if (after !== null && before?.table !== "history") checkAttempts(id, before, after, facts);
  }

  /** Fences rise with each claim and never repeat; all runs of one claim bear the same. */
  #checkFences(delta: Delta, commit: Commit): void {
    const drawn = new Set<number>();
    for (const { id, before, after } of delta.runs) {
      if (before?.table === "running" || after?.table !== "running") continue;
      const fence = after.fence ?? 0;
      drawn.add(fence);
      demand(
        fence > this.#highestFence,
        "I6 fences rise",
        () => `run ${id} was claimed under fence ${fence}, not above ${this.#highestFence}`,
      );
    }
    demand(drawn.size <= 1, "I6 one fence", () => `${commit.verb} drew fences ${[...drawn]}`);
    this.#highestFence = Math.max(this.#highestFence, ...drawn);
  }
}

/** Nothing waits for a task that is gone. */
function checkRemoved(task: string, facts: Facts): void {
  for (const [id, run] of facts.history.tables.pending) {
    demand(run.task !== task, "removed", () => `run ${id} waits for ${task}, which was removed`);
  }
}

function checkIdentity(id: string, before: RunImage, after: RunImage): void {
  for (const column of FIXED) {
    demand(
      before[column] === after[column],
      "I16 identity",
      () => `run ${id} changed its ${column} from ${before[column]} to ${after[column]}`,
    );
  }
}

function checkFinal(id: string, before: RunImage, after: RunImage): void {
  const same =
    before.state === after.state &&
    before.reason === after.reason &&
    before.attempts === after.attempts;
  demand(same, "I5 final", () => `run ${id} was final as ${before.state} and changed`);
}

function checkAttempts(id: string, before: RunImage | null, after: RunImage, facts: Facts): void {
  const was = before?.attempts ?? "";
  demand(
    after.attempts.startsWith(was),
    "I8 attempts",
    () => `run ${id} lost or changed attempts: ${was} became ${after.attempts}`,
  );
  const ended = before?.table === "running" && after.table !== "running";
  const attempts = attemptsOf(after);
  const known = before === null ? 0 : attemptsOf(before).length;
  demand(
    attempts.length === known + (ended ? 1 : 0),
    "I8 one outcome",
    () => `run ${id} has ${attempts.length} attempts after ${known}`,
  );
  const last = attempts.at(-1) ?? null;
  if (ended && last !== null) checkEnded(id, before, after, last, facts);
  if (after.table === "history") checkEnd(id, after, attempts, facts);
}

function checkEnded(
  id: string,
  before: RunImage,
  after: RunImage,
  last: Attempt,
  facts: Facts,
): void {
  demand(
    last.fence === before.fence && last.node === before.node,
    "I6 fence of the attempt",
    () => `run ${id} ran under ${before.fence} on ${before.node}, settled ${JSON.stringify(last)}`,
  );
  if (after.table !== "pending") return;
  const { policies } = facts.definition(after.definition);
  demand(
    policies.delivery === "at-least-once",
    "I10 at most once",
    () => `run ${id} may run at most once and waits again after ${last.outcome}`,
  );
  const { tries, losses } = count(attemptsOf(after));
  demand(
    tries < policies.retry.attempts && losses < LOSSES_MAX,
    "I9 bound on attempts",
    () => `run ${id} waits again after ${tries} tries and ${losses} losses`,
  );
  if (last.outcome !== "failed" && last.outcome !== "timed-out") return;
  facts.gauges.hit("retry after failure");
  if (after.parked === "paused") facts.gauges.hit("retry held by a pause");
  const { readyAt } = after;
  if (readyAt === null) return;
  const { waitMs, maxMs } = policies.retry;
  const least = Math.min(maxMs, waitMs * 2 ** (tries - 1)) / 2 - 1;
  demand(
    readyAt - last.endedAt >= least,
    "I9 back-off",
    () => `run ${id} waits ${readyAt - last.endedAt} ms, at least ${least} were due`,
  );
}

function count(attempts: readonly Attempt[]): { tries: number; losses: number } {
  const outcomes = attempts.map(({ outcome }) => outcome);
  return {
    tries: outcomes.filter((outcome) => outcome === "failed" || outcome === "timed-out").length,
    losses: outcomes.filter((outcome) => outcome === "lost").length,
  };
}

function checkEnd(id: string, run: RunImage, attempts: readonly Attempt[], facts: Facts): void {
  const succeeded = attempts.filter(({ outcome }) => outcome === "succeeded").length;
  demand(
    succeeded === (run.state === "succeeded" ? 1 : 0),
    "I8 succeeded",
    () => `run ${id} is ${run.state} with ${succeeded} successful attempts`,
  );
  const definition = facts.definition(run.definition);
  const last = attempts.at(-1)?.outcome ?? null;
  demand(
    explains(run, definition, attempts, last),
    "I9 reason",
    () => `run ${id} is ${run.state} as ${run.reason} after ${run.attempts || "no attempt"}`,
  );
  gaugeEnd(run, definition, last, facts.gauges);
}

/** Whether the attempts bear out how the run is said to have ended. */
function explains(
  run: RunImage,
  { policies }: Definition,
  attempts: readonly Attempt[],
  last: Attempt["outcome"] | null,
): boolean {
  const { tries, losses } = count(attempts);
  const once = policies.delivery === "at-most-once";
  const used = once || tries >= policies.retry.attempts;
  if (tries > policies.retry.attempts || losses > LOSSES_MAX) return false;
  switch (run.reason) {
    case null:
      return run.state === "succeeded";
    case "exhausted":
      return run.state === "failed" && last === "failed" && used;
    case "timed-out":
      return run.state === "failed" && last === "timed-out" && used;
    case "permanent":
      return run.state === "failed" && last === "failed";
    case "lost":
      return run.state === "failed" && last === "lost" && (once || losses === LOSSES_MAX);
    case "interrupted":
      return run.state === "failed" && last === "interrupted" && once;
    case "deadline":
      return run.state === "failed" && run.deadlineAt !== null && attempts.length > 0;
    case "late":
      return run.state === "cancelled" && attempts.length === 0 && run.deadlineAt !== null;
    case "cancelled":
      return run.state === "cancelled";
    case "replaced":
      // A person may have asked after the replacement did; the first to ask gives the reason.
      return run.state === "cancelled" && run.asked !== null && attempts.length > 0;
    default:
      return false;
  }
}

function gaugeEnd(
  run: RunImage,
  { policies }: Definition,
  last: Attempt["outcome"] | null,
  gauges: Gauges,
): void {
  const once = policies.delivery === "at-most-once";
  if (run.reason === "exhausted") gauges.hit("failed exhausted");
  if (run.reason === "permanent") gauges.hit("failed permanent");
  if (run.reason === "timed-out") gauges.hit("failed timed-out");
  if (run.reason === "deadline") gauges.hit("failed deadline");
  if (run.reason === "lost") gauges.hit(once ? "lost at most once" : "lost thrice");
  if (run.reason === "interrupted") gauges.hit("interrupted at most once");
  if (run.reason === "late") gauges.hit("cancelled late");
  if (run.reason === "replaced") gauges.hit("overlap replace");
  if (run.reason !== "cancelled") return;
  gauges.hit(last === "cancelled" ? "cancelled while running" : "cancelled while waiting");
}
