import type { ErrorRecord } from "./errors.ts";
import { tagWords } from "./placement.ts";
import type { OutcomeKind, Reason } from "./run.ts";
import type { WhyNode, WhyPause, WhyRun, WhyWorld } from "./why-world.ts";

/** The one dominant cause, what shows it, and the command that lifts it. */
export interface Why {
  readonly subject: string;
  /** A stable word, such as `paused`. */
  readonly cause: string;
  readonly sentence: string;
  readonly evidence: Readonly<Record<string, unknown>>;
  readonly remedy: readonly string[];
}

/** Says why a task is not running. `runs`: what of it is pending or running, oldest first. */
export function whyTask(world: WhyWorld, runs: readonly WhyRun[]): Why {
  const subject = world.task;
  const blocked = blockedByWorld(world, subject);
  if (blocked !== null) return blocked;
  const waiting = runs.find(({ state }) => state === "pending");
  const running = runs.find(({ state }) => state === "running");
  const cause = waiting === undefined ? null : whyPending(world, waiting);
  if (cause !== null && !YET_TO_COME.has(cause.cause)) return { ...cause, subject };
  if (running !== undefined) return { ...whyRunning(world, running), subject };
  const isNext = (waiting?.readyAt ?? Infinity) < (world.nextAt ?? Infinity);
  if (cause !== null && isNext) return { ...cause, subject };
  return allDraining(world, subject) ?? notDue(world);
}

/** Says why a run is not running, or ended as it did. */
export function whyRun(world: WhyWorld, run: WhyRun): Why {
  switch (run.state) {
    case "pending":
      return blockedByWorld(world, run.id) ?? whyPending(world, run);
    case "running":
      return whyRunning(world, run);
    case "succeeded":
      return answer(run.id, "succeeded", `It succeeded at ${written(world, run.endedAt)}.`, {
        endedAt: written(world, run.endedAt),
      });
    case "failed":
      return whyFailed(world, run);
    case "cancelled":
      return whyCancelled(world, run);
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
    return paused(world, subject, pause);
  }
  if (world.nodes.length === 0) {
    return answer(subject, "no-node", "No node is alive to run it.", { nodes: 0 }, ["belfry up"]);
  }
  const nodes = world.nodes.map(({ id }) => id);
  if (world.code === "unread") {
    const sentence =
      `${task} is declared, but no live node could load it: ` +
      "`belfry doctor` names the file and the line.";
    return answer(subject, "no-code", sentence, { nodes }, ["belfry doctor"]);
  }
  if (world.code === "absent") {
    const sentence = `No live node has the code of ${task}.`;
    return answer(subject, "no-code", sentence, { nodes }, ["belfry nodes", "belfry up"]);
  }
  if (world.code === "unplaced") {
    const { runsOn } = world;
    const tags = world.nodes.map(({ id, tags }) => ({ id, tags }));
    const sentence = `No living node has ${tagWords(runsOn)}, which ${task} runs on.`;
    return answer(subject, "no-tags", sentence, { runsOn, nodes: tags }, [
      "belfry nodes",
      "belfry up",
    ]);
  }
  const stalled = world.nodes.find((node) => node.stalled !== null);
  if (stalled?.stalled && world.nodes.every((node) => node.stalled !== null)) {
    const { sinceAt, tasks } = stalled.stalled;
    const since = written(world, sinceAt);
    const blame = tasks.length === 0 ? "something" : tasks.join(" or ");
    return answer(
      subject,
      "stalled",
      `The node ${stalled.id} stands still since ${since}: ${blame} blocks it.`,
      { node: stalled.id, since, tasks },
      ["belfry nodes"],
    );
  }
  return null;
}

function paused(world: WhyWorld, subject: string, pause: WhyPause): Why {
  const { task } = world;
  const { by, reason } = pause;
  const from = written(world, pause.fromAt);
  const untilAt = written(world, pause.untilAt);
  const until = untilAt === null ? "until somebody resumes it" : `until ${untilAt}`;
  const because = reason === null ? "" : `: ${reason}`;
  return answer(
    subject,
    "paused",
    `${by} paused ${task} at ${from}, ${until}${because}.`,
    { by, reason, from, until: untilAt },
    [`belfry resume ${task}`],
  );
}

/** Causes that time lifts by itself, and nothing else is in the way. */
const YET_TO_COME: ReadonlySet<string> = new Set(["not-due", "jitter"]);

function whyPending(world: WhyWorld, run: WhyRun): Why {
  const { gate, now, replaced } = world;
  const readyAt = written(world, run.readyAt);
  if (run.attempts.length === 0 && run.readyAt !== null && run.readyAt > now) {
    return whyLater(world, run, run.readyAt);
  }
  if (replaced !== null && replaced.by === run.id) return replacing(world, run, replaced.run);
  if (run.gate !== null && !run.slot && gate !== null && gate.holders.length >= gate.max) {
    const [holder] = gate.holders;
    const { orphan } = world;
    const held = orphan === null ? "" : ` The node ${orphan.node} of one of them is gone.`;
    const lift = holder === undefined ? [] : [`belfry show ${holder}`, `belfry cancel ${holder}`];
    return answer(
      run.id,
      "at-limit",
      `${gate.holders.length} of ${gate.max} allowed at once hold the limit of ${gate.id}; ` +
        `${gate.waiting} ${gate.waiting === 1 ? "waits" : "wait"}.${held}`,
      { ...gate },
      orphan === null ? lift : ["belfry up"],
    );
  }
  const last = run.attempts.at(-1);
  if (last !== undefined && run.readyAt !== null && run.readyAt > now) {
    return answer(
      run.id,
      "retry-wait",
      `Attempt ${last.number} ${OUTCOMES[last.outcome]}${said(last.error)}; ` +
        `the next starts at ${readyAt}.`,
      { attempt: last.number, attempts: world.attemptsMax, readyAt },
      [`belfry logs ${run.id}`, `belfry cancel ${run.id}`],
    );
  }
  if (run.parked === "code") {
    return answer(run.id, "no-code", `It waits for a node that has the code of ${run.task}.`, {}, [
      "belfry nodes",
    ]);
  }
  const draining = allDraining(world, run.id);
  if (draining !== null) return draining;
  const able = ableNodes(world).filter((node) => node.draining === null);
  if (able.every((node) => node.running >= node.concurrency)) {
    const nodes = able.map(({ id, running, concurrency }) => ({ id, running, concurrency }));
    return answer(
      run.id,
      "no-room",
      "All live nodes that may run it run as many attempts as they may.",
      { nodes },
      ["belfry nodes"],
    );
  }
  return answer(run.id, "starting", "Nothing is in its way: it starts within seconds.", {
    readyAt,
  });
}

function ableNodes({ nodes, carriers }: WhyWorld): readonly WhyNode[] {
  return nodes.filter(({ id }) => carriers.includes(id));
}

/** Whoever could run it takes nothing new, by somebody's wish. */
function allDraining(world: WhyWorld, subject: string): Why | null {
  const able = ableNodes(world);
  const nodes = able.flatMap(({ id, draining }) =>
    draining === null ? [] : [{ id, by: draining.by, since: written(world, draining.sinceAt) }],
  );
  const [first] = nodes;
  if (first === undefined || nodes.length < able.length) return null;
  const { id, by, since } = first;
  const sentence =
    nodes.length === 1
      ? `The only live node that may run it, ${id}, drains since ${since}, by ${by}.`
      : `All ${nodes.length} live nodes that may run it drain: ${id} since ${since}, by ${by}.`;
  return answer(subject, "draining", sentence, { nodes }, [
    `belfry nodes drain ${id} --off`,
    "belfry up",
  ]);
}

function replacing(world: WhyWorld, run: WhyRun, replaces: string): Why {
  const name = world.nameOf(replaces);
  const sentence = `It replaces ${name}, which was asked to end and has not ended yet.`;
  return answer(run.id, "replacing", sentence, { replaces }, [`belfry logs ${name} --follow`]);
}

function whyLater(world: WhyWorld, run: WhyRun, at: number): Why {
  const readyAt = written(world, at);
  if (run.dueAt > world.now) {
    return answer(run.id, "not-due", `It is due at ${readyAt}.`, { readyAt });
  }
  const dueAt = written(world, run.dueAt);
  const sentence = `It was due at ${dueAt} and waits for its jitter until ${readyAt}.`;
  return answer(run.id, "jitter", sentence, { dueAt, readyAt });
}

/** What became of an attempt that another one follows. */
const OUTCOMES: Readonly<Record<OutcomeKind, string>> = {
  succeeded: "succeeded",
  failed: "failed",
  "timed-out": "timed out",
  cancelled: "was cancelled",
  lost: "was lost",
  interrupted: "was interrupted",
};

function whyRunning(world: WhyWorld, run: WhyRun): Why {
  const alive = world.nodes.some(({ id }) => id === run.node);
  const startedAt = written(world, run.startedAt);
  const evidence = { node: run.node, startedAt, run: run.id };
  if (!alive) {
    const sentence = `Its node ${run.node} is gone; it is taken over when that is certain.`;
    return answer(run.id, "node-lost", sentence, evidence, ["belfry nodes"]);
  }
  if (run.asked !== null) {
    const { asked, by } = run.asked;
    const sentence =
      asked === "replaced"
        ? `It was asked to end, since ${world.nameOf(by)} came due and replaces it; it has not ended yet.`
        : `${by} asked it to end; it has not ended yet.`;
    return answer(run.id, "ending", sentence, { ...evidence, by });
  }
  const sentence = `It is running on ${run.node} since ${startedAt}.`;
  return answer(run.id, "running", sentence, evidence, [`belfry logs ${run.id} --follow`]);
}

const FAILURES: Readonly<Record<Reason, string>> = {
  exhausted: "It failed in each attempt it had",
  permanent: "It failed in a way that trying again cannot help",
  "timed-out": "It was still running at its timeout",
  lost: "The node that ran it died or was cut off",
  interrupted: "Its node was stopped while it ran, and it may run at most once",
  deadline: "It could not be done before its deadline",
  late: "It could not be started in time",
  replaced: "A newer run replaced it",
  cancelled: "Somebody cancelled it",
  "invalid-payload": "Its payload does not fit the task's schema",
};

function whyFailed(world: WhyWorld, run: WhyRun): Why {
  const last = run.attempts.at(-1);
  return answer(
    run.id,
    run.reason ?? "failed",
    failureSentence(run),
    {
      attempts: run.attempts.length,
      attemptsMax: world.attemptsMax,
      error: run.error,
      exitCode: last?.exitCode ?? null,
      signal: last?.signal ?? null,
      node: run.node,
      endedAt: written(world, run.endedAt),
    },
    [`belfry logs ${run.id}`, `belfry replay ${run.id}`],
  );
}

/** Where the error is Belfry's own it says what the reason says, and a limit's also how long it is. */
function failureSentence({ reason, error, attempts }: WhyRun): string {
  const tries = `(${attempts.length} ${attempts.length === 1 ? "attempt" : "attempts"})`;
  const cause = error ?? attempts.at(-1)?.error ?? null;
  const isOver =
    (reason === "timed-out" && cause?.code === "timeout") ||
    (reason === "deadline" && cause?.code === "deadline");
  if (isOver) return `It was ${cause.message} ${tries}.`;
  const why = reason === null ? "It failed" : FAILURES[reason];
  const isSaid = reason === "lost" && cause?.code === "lost";
  return `${why} ${tries}${isSaid ? "" : said(cause)}.`;
}

function whyCancelled(world: WhyWorld, run: WhyRun): Why {
  const by = run.asked?.by ?? null;
  const endedAt = written(world, run.endedAt);
  const evidence = { by, reason: run.reason, endedAt };
  const remedy = [`belfry replay ${run.id}`];
  if (run.reason === "cancelled" && by !== null) {
    return answer(run.id, "cancelled", `${by} cancelled it at ${endedAt}.`, evidence, remedy);
  }
  const sentence =
    run.reason === "replaced" && by !== null
      ? `${world.nameOf(by)} replaced it at ${endedAt}: it came due while this one still ran.`
      : `${FAILURES[run.reason ?? "cancelled"]}.`;
  return answer(run.id, run.reason ?? "cancelled", sentence, evidence, remedy);
}

function notDue(world: WhyWorld): Why {
  const { schedules } = world;
  const nextAt = written(world, world.nextAt);
  if (schedules === 0) {
    return idle(
      world,
      "no-schedule",
      "It has no schedule: it runs by hand, by API or from code.",
      {},
    );
  }
  if (nextAt === null) {
    const sentence = "Its schedule has no occurrence to come: it is never due again.";
    return idle(world, "never-due", sentence, { nextAt });
  }
  return idle(world, "not-due", `It is not due yet: next at ${nextAt}.`, { nextAt });
}

/** Nothing keeps it from running; but whoever asks after it has failed wants to hear of that. */
function idle(world: WhyWorld, cause: string, sentence: string, evidence: Why["evidence"]): Why {
  const { task, lastFailure } = world;
  const byHand = `belfry run ${task}`;
  if (lastFailure === null) return answer(task, cause, sentence, evidence, [byHand]);
  const { id, reason, error } = lastFailure;
  const endedAt = written(world, lastFailure.endedAt);
  return answer(
    task,
    cause,
    `${sentence} Its last run failed at ${endedAt}${said(error)}.`,
    { ...evidence, lastRun: id, lastRunReason: reason, lastRunEndedAt: endedAt },
    [`belfry why ${id}`, byHand],
  );
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

/** A message may be long: its first line is what fits into a sentence. */
function said(error: ErrorRecord | null): string {
  return error === null ? "" : `: ${error.message.split("\n", 1)[0]?.replace(/\.$/, "")}`;
}

function written(world: WhyWorld, at: number): string;
function written(world: WhyWorld, at: number | null): string | null;
function written({ instantText }: WhyWorld, at: number | null): string | null {
  return at === null ? null : instantText(at);
}
