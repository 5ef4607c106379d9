import { existsSync } from "node:fs";
import type { Config } from "../define/config.ts";
import { heartbeatProblems } from "../define/heartbeat.ts";
import type { LoadedTask } from "../define/load.ts";
import type { VerbContext } from "../verbs/context.ts";
import { nodesNow } from "../verbs/nodes.ts";
import { type Command, defineCommand } from "./command.ts";
import { diagnoseChannels } from "./diagnose-channels.ts";
import { diagnoseHeartbeats, diagnoseWatch } from "./diagnose-watch.ts";
import {
  type Diagnosis,
  diagnoseCarriers,
  diagnoseClock,
  diagnoseFolder,
  diagnoseNodes,
  diagnoseOwners,
  diagnoseReleases,
  diagnoseRuntime,
  diagnoseTasks,
  doubtful,
  failed,
  isBehind,
  ok,
} from "./diagnosis.ts";
import type { Session } from "./session.ts";
import { plain, plainLines } from "./terminal/escape.ts";
import { counted } from "./words.ts";

/** Width of the longest name of a check. */
const CHECK_ROOM = 13;
/** Heartbeats that are looked at, the newest of each task. */
const TOLD_MAX = 1_000;

export const doctorCommand: Command = defineCommand({
  name: "doctor",
  summary: "Tells what is wrong with this set-up, and how to mend it",
  details: [
    "It loads the task files, as `belfry up` would, and runs nothing. Exits 1 where something is " +
      "wrong.",
  ],
  options: {
    "accept-clock": { help: "this host's time is right, although the store has seen a later one" },
  },
  async run(session, call) {
    const { node, sqlite } = process.versions;
    const findings = [
      ...diagnoseRuntime(node, sqlite),
      ...(await diagnoseProject(session, call.has("accept-clock"))),
    ];
    if (session.json) session.document(findings);
    else for (const finding of findings) tell(session, finding);
    const bad = findings.filter(({ verdict }) => verdict === "wrong").length;
    if (!session.json) {
      session.say(
        "",
        bad === 0 ? "Nothing is wrong." : `${counted(bad, "thing is", "things are")} wrong.`,
      );
    }
    return bad === 0 ? 0 : 1;
  },
});

async function diagnoseProject(session: Session, acceptClock: boolean): Promise<Diagnosis[]> {
  let config: Config;
  try {
    config = await session.config();
  } catch (thrown) {
    return [failed("configuration", thrown)];
  }
  const where = `${config.folder} and above have none`;
  const { tasks, findings } = await loadedTasks(session, config);
  return [
    config.file === null
      ? doubtful("configuration", `There is no configuration: ${where}.`, "belfry init")
      : ok("configuration", config.file),
    ...(await diagnoseFolder(config.store.path)),
    ...findings,
    ...(await diagnoseChannels(config)),
    ...(existsSync(config.store.path)
      ? await diagnoseStore(session, config, tasks, acceptClock)
      : diagnoseWatch(config.node.heartbeat, [], session.io.clock.now())),
  ];
}

async function loadedTasks(
  session: Session,
  config: Config,
): Promise<{ tasks: readonly LoadedTask[]; findings: readonly Diagnosis[] }> {
  const { loadTasks } = await import("../define/load.ts");
  try {
    const { tasks, problems } = await loadTasks(config, { now: session.io.clock.now() });
    const unsent = heartbeatProblems(tasks, config, session.io.env);
    return { tasks, findings: diagnoseTasks(tasks.length, [...problems, ...unsent]) };
  } catch (thrown) {
    return { tasks: [], findings: [failed("task files", thrown)] };
  }
}

async function diagnoseStore(
  session: Session,
  config: Config,
  loaded: readonly LoadedTask[],
  acceptClock: boolean,
): Promise<Diagnosis[]> {
  try {
    const context = await session.context();
    const { store, clock } = context;
    const mark = await store.mark();
    const now = clock.now();
    const nodes = await nodesNow(context);
    const tasks = await store.tasks(null);
    return [
      ok("store", `${config.store.path}, schema ${mark.schema}.`),
      await clockFinding(context, mark.highAt, now, acceptClock),
      ...diagnoseNodes(nodes, now),
      ...diagnoseWatch(config.node.heartbeat, nodes, now),
      ...diagnoseHeartbeats(await store.outbox({ kind: "heartbeat", limit: TOLD_MAX }), now),
      ...diagnoseReleases(nodes, now),
      ...diagnoseCarriers(tasks, nodes, now),
      ...diagnoseOwners(config.name, loaded, tasks),
    ];
  } catch (thrown) {
    return [failed("store", thrown)];
  }
}

async function clockFinding(
  { store, by }: VerbContext,
  highAt: number,
  now: number,
  accept: boolean,
): Promise<Diagnosis> {
  if (!accept || !isBehind(highAt, now)) return diagnoseClock(highAt, now);
  await store.acceptClock(now, by);
  return ok("clock", `${new Date(now).toISOString()} is the time from now on, by word of ${by}.`);
}

function tell(session: Session, { check, verdict, message, remedy }: Diagnosis): void {
  const { out } = session;
  const marks = { ok: out.good("✓"), doubtful: out.doubtful("!"), wrong: out.bad("✗") };
  const [first = "", ...others] = plainLines(message).split("\n");
  session.print(`${marks[verdict]} ${out.dim(check.padEnd(CHECK_ROOM))}  ${first}`);
  const indent = " ".repeat(CHECK_ROOM + 4);
  for (const line of others) session.print(indent + line);
  if (remedy !== null) session.print(`${indent}→ ${plain(remedy)}`);
}
