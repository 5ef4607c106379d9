import type { ErrorRecord } from "./errors.ts";
import type { Attempt, Parked, Reason, RunState } from "./run.ts";
import type { Asked } from "./verdict.ts";

/** The one dominant cause, what shows it, and the command that lifts it. */
export interface Why {
  readonly subject: string;
  /** A stable word, such as `paused`. */
  readonly cause: string;
  readonly sentence: string;
  readonly evidence: Readonly<Record<string, unknown>>;
  readonly remedy: readonly string[];
}

export interface WhyPause {
  readonly by: string;
  readonly reason: string | null;
  readonly fromAt: number;
  readonly untilAt: number | null;
}

export interface WhyRun {
  readonly id: string;
  readonly task: string;
  readonly state: RunState;
  readonly reason: Reason | null;
  readonly parked: Parked | null;
  readonly gate: string | null;
  readonly slot: boolean;
  readonly readyAt: number | null;
  readonly dueAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly node: string | null;
  readonly asked: { readonly asked: Asked; readonly by: string } | null;
  readonly attempts: readonly Attempt[];
  readonly error: ErrorRecord | null;
}

/** What is known of a task's surroundings. */
export interface WhyWorld {
  readonly now: number;
  readonly task: string;
  readonly enabled: boolean;
  readonly pause: WhyPause | null;
  readonly attemptsMax: number;
  /** Live nodes, and those of them that have the task's code. */
  readonly nodes: readonly WhyNode[];
  readonly carriers: readonly string[];
  /** The gate that the run or the task's oldest waiting run must pass. */
  readonly gate: { id: string; max: number; holders: readonly string[]; waiting: number } | null;
  readonly schedules: number;
  readonly nextAt: number | null;
}

export interface WhyNode {
  readonly id: string;
  readonly running: number;
  readonly concurrency: number;
  readonly stalled: { readonly sinceAt: number; readonly tasks: readonly string[] } | null;
}

/** Says why a task is not running. `runs`: what of it is pending or running, oldest first. */
export function whyTask(world: WhyWorld, runs: readonly WhyRun[]): Why {
  const subject = world.task;
  const blocked = blockedByWorld(world, subject);
  if (blocked !== null) return blocked;
  const waiting = runs.find(({ state }) => state === "pending");
  const running = runs.find(({ state }) => state === "running");
  const cause = waiting === undefined ? null : whyPending(world, waiting);
  if (cause !== null && cause.cause !== "not-due") return { ...cause, subject };
  if (running !== undefined) return { ...whyRunning(running, world), subject };
  if (cause !== null) return { ...cause, subject };
  return notDue(world);
}

/** Says why a run is not running, or ended as it did. */
export function whyRun(world: WhyWorld, run: WhyRun): Why {
  switch (run.state) {
    case "pending":
      return blockedByWorld(world, run.id) ?? whyPending(world, run);
    case "running":
      return whyRunning(run, world);
    case "succeeded":
      return answer(run.id, "succeeded", `It succeeded at ${iso(run.endedAt)}.`, {
        endedAt: iso(run.endedAt),
      });
    case "failed":
      return whyFailed(world, run);
    case "cancelled":
      return whyCancelled(run);
  }
}

function blockedByWorld(world: WhyWorld, subject: string): Why | null {
  const { task, pause, now } = world;
  if (!world.enabled) {
    return answer(
      subject,
      "removed",
      `The release in force no longer has the task ${task}.`,
      { task },
      ["belfry tasks"],
    );
  }
  if (pause !== null && now >= pause.fromAt && (pause.untilAt === null || now < pause.untilAt)) {
    return paused(subject, task, pause);
  }
  if (world.nodes.length === 0) {
    return answer(subject, "no-node", "No node is alive to run it.", { nodes: 0 }, ["belfry up"]);
  }
  if (world.carriers.length === 0) {
    return answer(
      subject,
      "no-code",
      `No live node has the code of ${task}.`,
      { nodes: world.nodes.map(({ id }) => id) },
      ["belfry nodes", "belfry up"],
    );
  }
  const stalled = world.nodes.find((node) => node.stalled !== null);
  if (stalled?.stalled && world.nodes.every((node) => node.stalled !== null)) {
    const { sinceAt, tasks } = stalled.stalled;
    return answer(
      subject,
      "stalled",
      `The node ${stalled.id} stands still since ${iso(sinceAt)}: ${tasks.join(" or ")} blocks it.`,
      { node: stalled.id, since: iso(sinceAt), tasks },
      ["belfry nodes"],
    );
  }
  return null;
}

function paused(subject: string, task: string, pause: WhyPause): Why {
  const { by, reason, fromAt, untilAt } = pause;
  const until = untilAt === null ? "until somebody resumes it" : `until ${iso(untilAt)}`;
  const because = reason === null ? "" : `: ${reason}`;
  return answer(
    subject,
    "paused",
    `${by} paused ${task} at ${iso(fromAt)}, ${until}${because}.`,
    { by, reason, from: iso(fromAt), until: iso(untilAt) },
    [`belfry resume ${task}`],
  );
}

function whyPending(world: WhyWorld, run: WhyRun): Why {
  const { gate, now } = world;
  if (run.gate !== null && !run.slot && gate !== null && gate.holders.length >= gate.max) {
    const [holder] = gate.holders;
    return answer(
      run.id,
      "at-limit",
      `${gate.holders.length} of ${gate.max} allowed at once hold the limit of ${gate.id}; ` +
        `${gate.waiting} ${gate.waiting === 1 ? "waits" : "wait"}.`,
      { ...gate },
      holder === undefined ? [] : [`belfry show ${holder}`, `belfry cancel ${holder}`],
    );
  }
  const last = run.attempts.at(-1);
  if (last !== undefined && run.readyAt !== null && run.readyAt > now) {
    return answer(
      run.id,
      "retry-wait",
      `Attempt ${last.number} ${last.outcome}${said(last.error)}; ` +
        `the next starts at ${iso(run.readyAt)}.`,
      { attempt: last.number, attempts: world.attemptsMax, readyAt: iso(run.readyAt) },
      [`belfry logs ${run.id}`, `belfry cancel ${run.id}`],
    );
  }
  if (run.parked === "code") {
    return answer(run.id, "no-code", `It waits for a node that has the code of ${run.task}.`, {}, [
      "belfry nodes",
    ]);
  }
  if (run.readyAt !== null && run.readyAt > now) {
    return answer(run.id, "not-due", `It is due at ${iso(run.readyAt)}.`, {
      readyAt: iso(run.readyAt),
    });
  }
  const { nodes } = world;
  if (nodes.every((node) => node.running >= node.concurrency)) {
    return answer(
      run.id,
      "no-room",
      "All live nodes run as many attempts as they may.",
      { nodes },
      ["belfry nodes"],
    );
  }
  return answer(run.id, "starting", "Nothing is in its way: it starts within seconds.", {
    readyAt: iso(run.readyAt),
  });
}

function whyRunning(run: WhyRun, world: WhyWorld): Why {
  const alive = world.nodes.some(({ id }) => id === run.node);
  const evidence = { node: run.node, startedAt: iso(run.startedAt), run: run.id };
  if (!alive) {
    const sentence = `Its node ${run.node} is gone; it is taken over when that is certain.`;
    return answer(run.id, "node-lost", sentence, evidence, ["belfry nodes"]);
  }
  if (run.asked !== null) {
    const sentence = `${run.asked.by} asked it to end; it has not ended yet.`;
    return answer(run.id, "ending", sentence, { ...evidence, by: run.asked.by });
  }
  const sentence = `It is running on ${run.node} since ${iso(run.startedAt)}.`;
  return answer(run.id, "running", sentence, evidence, [`belfry logs ${run.id} --follow`]);
}

const FAILURES: Readonly<Record<Reason, string>> = {
  exhausted: "It failed in each attempt it had",
  permanent: "It failed in a way that trying again cannot help",
  "timed-out": "It was still running at its timeout in its last attempt",
  lost: "The node that ran it died or was cut off",
  interrupted: "Its node was stopped while it ran, and it may run at most once",
  deadline: "It could not be done before its deadline",
  late: "It could not be started in time",
  replaced: "A newer run replaced it",
  cancelled: "Somebody cancelled it",
  "invalid-payload": "Its payload does not fit the task's schema",
};

function whyFailed(world: WhyWorld, run: WhyRun): Why {
  const cause = run.reason ?? "failed";
  const why = run.reason === null ? "It failed" : FAILURES[run.reason];
  const last = run.attempts.at(-1);
  const tries = `${run.attempts.length} ${run.attempts.length === 1 ? "attempt" : "attempts"}`;
  return answer(
    run.id,
    cause,
    `${why} (${tries})${said(run.error ?? last?.error ?? null)}.`,
    {
      attempts: run.attempts.length,
      attemptsMax: world.attemptsMax,
      error: run.error,
      exitCode: last?.exitCode ?? null,
      signal: last?.signal ?? null,
      node: run.node,
      endedAt: iso(run.endedAt),
    },
    [`belfry logs ${run.id}`, `belfry replay ${run.id}`],
  );
}

function whyCancelled(run: WhyRun): Why {
  const by = run.asked?.by ?? null;
  const evidence = { by, reason: run.reason, endedAt: iso(run.endedAt) };
  const remedy = [`belfry replay ${run.id}`];
  if (run.reason === "cancelled" && by !== null) {
    return answer(
      run.id,
      "cancelled",
      `${by} cancelled it at ${iso(run.endedAt)}.`,
      evidence,
      remedy,
    );
  }
  const sentence = `${FAILURES[run.reason ?? "cancelled"]}.`;
  return answer(run.id, run.reason ?? "cancelled", sentence, evidence, remedy);
}

function notDue(world: WhyWorld): Why {
  const { task, nextAt, schedules } = world;
  const byHand = [`belfry run ${task}`];
  if (schedules === 0) {
    const sentence = "It has no schedule: it runs by hand, by API or from code.";
    return answer(task, "no-schedule", sentence, {}, byHand);
  }
  if (nextAt === null) {
    const sentence = "Its schedule has no occurrence to come: it is never due again.";
    return answer(task, "never-due", sentence, { nextAt: null }, byHand);
  }
  const sentence = `It is not due yet: next at ${iso(nextAt)}.`;
  return answer(task, "not-due", sentence, { nextAt: iso(nextAt) }, byHand);
}

function answer(
  subject: string,
  cause: string,
  sentence: string,
  evidence: Readonly<Record<string, unknown>>,
  remedy: readonly string[] = [],
): Why {
  return { subject, cause, sentence, evidence, remedy };
}

function said(error: ErrorRecord | null): string {
  return error === null ? "" : `: ${error.message}`;
}

function iso(at: number): string;
function iso(at: number | null): string | null;
function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
