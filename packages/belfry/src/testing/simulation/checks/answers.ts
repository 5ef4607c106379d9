import { type Commit, isCommitOf, type RunImage } from "../commits.ts";
import type { Delta } from "../history.ts";
import { attemptsOf, type Facts } from "./facts.ts";
import { demand } from "./violation.ts";

/** The runs as they were before the commit. */
type Before = (run: string) => RunImage | null;

/** I7, I15, I18: a stale writer changes nothing, a valid one is not refused, a reader is no writer. */
export class AnswersCheck {
  check(commit: Commit, delta: Delta, facts: Facts): void {
    const steps = new Map(delta.runs.map((step) => [step.id, step.before]));
    const before: Before = (run) =>
      steps.has(run) ? (steps.get(run) ?? null) : facts.history.run(run);
    if (isCommitOf(commit, "settle")) this.#checkSettle(commit, before, delta, facts);
    else if (isCommitOf(commit, "observe")) this.#checkObserve(commit, before, delta, facts);
    else if (isCommitOf(commit, "saveCheckpoint")) {
      const [run, fence] = commit.args;
      checkSaved(commit, run, fence, before, delta, facts);
    } else if (isCommitOf(commit, "recordEffect")) {
      const [{ run, fence }] = commit.args;
      checkSaved(commit, run, fence, before, delta, facts);
    }
  }

  #checkSettle(commit: Commit<"settle">, before: Before, delta: Delta, facts: Facts): void {
    const [settlements] = commit.args;
    if ("error" in commit.result) return;
    const touched = new Set(delta.runs.map(({ id }) => id));
    for (const [index, answer] of commit.result.answer.answers.entries()) {
      const settlement = settlements[index];
      if (settlement === undefined) continue;
      const { run, fence, attempt } = settlement;
      const was = before(run);
      const known =
        was !== null &&
        attemptsOf(was).some((one) => one.fence === fence && one.outcome === attempt.outcome);
      if (isHeld(was, fence)) {
        // Of two words about one attempt in one batch, one counts.
        const twins = settlements.filter((one) => one.run === run && one.fence === fence).length;
        demand(
          (answer === "settled" || twins > 1) && touched.has(run),
          "I7 a valid writer",
          () => `run ${run} under fence ${fence} was answered ${answer}`,
        );
        if (attempt.outcome === "lost") checkLoss(run, was, commit, facts);
        if (attempt.outcome === "interrupted") facts.gauges.hit("interrupted by a stop");
        continue;
      }
      demand(
        answer === (known ? "settled" : "stale"),
        "I7 a stale writer's answer",
        () => `run ${run} under the old fence ${fence} was answered ${answer}`,
      );
      facts.gauges.hit(known ? "ambiguous settle repeated" : "stale settle refused");
      const own = settlements.filter((one) => one.run === run && isHeld(was, one.fence));
      demand(
        !touched.has(run) || own.length > 0,
        "I7 fencing",
        () => `run ${run} was changed under the stale fence ${fence}`,
      );
    }
  }

  #checkObserve(commit: Commit<"observe">, before: Before, delta: Delta, facts: Facts): void {
    const [notes] = commit.args;
    const held = new Set(notes.filter((note) => isHeld(before(note.run), note.fence)).map(runOf));
    if (held.size < notes.length) facts.gauges.hit("stale note or checkpoint refused");
    for (const { id } of delta.runs) {
      demand(held.has(id), "I7 fencing", () => `run ${id} was noted under a stale fence`);
    }
  }
}

function runOf({ run }: { readonly run: string }): string {
  return run;
}

function isHeld(run: RunImage | null, fence: number): run is RunImage {
  return run?.table === "running" && run.fence === fence;
}

/** Nobody but a node itself may say that its run was lost, unless it is gone. */
function checkLoss(run: string, was: RunImage, commit: Commit, facts: Facts): void {
  const node = facts.history.tables.node.get(was.node ?? "");
  facts.gauges.hit("orphans taken");
  const own =
    was.node !== null && was.node !== undefined && facts.processOf(was.node) === commit.by;
  demand(
    own || (node !== undefined && node.state !== "alive"),
    "I6 robbed",
    () => `run ${run} of the living node ${was.node} was taken as lost by ${commit.by}`,
  );
}

function checkSaved(
  commit: Commit,
  run: string,
  fence: number,
  before: Before,
  delta: Delta,
  facts: Facts,
): void {
  if (isHeld(before(run), fence)) return;
  facts.gauges.hit("stale note or checkpoint refused");
  demand(
    delta.saved.length === 0,
    "I7 fencing",
    () => `${commit.verb} of run ${run} under the stale fence ${fence} was kept`,
  );
}
