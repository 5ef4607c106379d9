import type { Config } from "../define/config.ts";
import { heartbeatProblems } from "../define/heartbeat.ts";
import type { LoadedTask } from "../define/load.ts";
import type { OutboxRow } from "../outbox.ts";
import type { Store } from "../store.ts";
import type { StoreFiles } from "../stores/sqlite/store-files.ts";
import type { VerbContext } from "../verbs/context.ts";
import { nodesNow } from "../verbs/nodes.ts";
import { why } from "../verbs/why.ts";
import { type Command, defineCommand } from "./command.ts";
import { diagnoseChannels } from "./diagnose-channels.ts";
import { diagnoseClock, diagnoseJumps, diagnoseTimeService, isBehind } from "./diagnose-clock.ts";
import { diagnoseDeadLetters } from "./diagnose-dead-letters.ts";
import { diagnoseNodes, diagnoseReleases, diagnoseVersions } from "./diagnose-fleet.ts";
import { diagnoseHost } from "./diagnose-host.ts";
import { diagnoseIncidents } from "./diagnose-incidents.ts";
import { diagnoseDroppedMail, diagnoseWaiting } from "./diagnose-outbox.ts";
import { diagnoseCopy, diagnoseFiles, diagnoseRestored } from "./diagnose-store.ts";
import { diagnoseStuck, STUCK_MS, stuckRuns, TOLD_MAX } from "./diagnose-stuck.ts";
import {
  diagnoseCarriers,
  diagnoseRefusals,
  diagnoseTasks,
  diagnoseWatched,
} from "./diagnose-tasks.ts";
import { diagnoseWakeUps } from "./diagnose-wake-ups.ts";
import { diagnoseHeartbeats, diagnoseWatch } from "./diagnose-watch.ts";
import { type Diagnosis, doubtful, failed, ok } from "./diagnosis.ts";
import { hostFacts } from "./host-facts.ts";
import type { Session } from "./session.ts";
import { plain, plainLines } from "./terminal/escape.ts";
import { counted } from "./words.ts";

/** Width of the longest name of a check. */
const CHECK_ROOM = 13;
/** Rows of the outbox that are looked at, of each kind the newest. */
const OUTBOX_READ = 1_000;

export const doctorCommand: Command = defineCommand({
  name: "doctor",
  summary: "Tells what is wrong with this set-up, and how to mend it",
  details: [
    "Versions, limits, clock, disk, rights, configuration, task files, nodes, releases, what is " +
      "stuck, what failed for good, what was not sent and what nobody watches. It loads the task " +
      "files, as `belfry up` would, and runs nothing. Exits 1 where something is wrong (✗); what " +
      "may not be meant (!) is no reason to.",
  ],
  options: {
    "accept-clock": { help: "this host's time is right, although the store has seen a later one" },
  },
  async run(session, call) {
    const findings = await diagnoseProject(session, call.has("accept-clock"));
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
  const host = await hostFacts();
  const now = session.io.clock.now();
  let config: Config;
  try {
    config = await session.config();
  } catch (thrown) {
    return [...diagnoseHost(host, 0, now), failed("configuration", thrown)];
  }
  const where = `${config.folder} and above have none`;
  const { inspectStore } = await import("../main/upkeep.ts");
  const { storeExists } = await import("../main/state.ts");
  const files = inspectStore(config);
  const { tasks, findings } = await loadedTasks(session, config);
  return [
    ...diagnoseHost(host, config.node.concurrency, now),
    config.file === null
      ? doubtful("configuration", `There is no configuration: ${where}.`, "belfry init")
      : ok("configuration", config.file),
    ...(files === null ? [] : diagnoseFiles(files)),
    ...findings,
    ...(await diagnoseChannels(config)),
    ...diagnoseTimeService(host),
    ...((await storeExists(config.store))
      ? await diagnoseStore(session, { config, files, tasks, acceptClock })
      : [
          ...diagnoseWatch(config.node.heartbeat, [], session.io.clock.now()),
          ...diagnoseWatched(tasks.map(({ definition }) => definition)),
        ]),
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

/** What is known before the store is opened. */
interface Surroundings {
  readonly config: Config;
  /** Null: it is no file. */
  readonly files: StoreFiles | null;
  readonly tasks: readonly LoadedTask[];
  readonly acceptClock: boolean;
}

const DAY_MS = 86_400_000;
const PENDING_MAX = 1_000;
const TOLD_OF_EACH = 5;

async function diagnoseStore(session: Session, around: Surroundings): Promise<Diagnosis[]> {
  const { config, files, tasks: loaded, acceptClock } = around;
  try {
    const context = await session.context();
    const { store, clock } = context;
    const { isBehindItself } = await import("../main/upkeep.ts");
    const { wakeUpProblems } = await import("../main/wake-ups.ts");
    const mark = await store.mark();
    const now = clock.now();
    const nodes = await nodesNow(context);
    const tasks = await store.tasks(null);
    const inForce = tasks.filter(({ enabled }) => enabled).map(({ body }) => body);
    const lately = { from: now - 7 * DAY_MS, limit: TOLD_OF_EACH };
    return [
      ok("store", `${config.store.shown}, schema ${mark.schema}.`),
      ...diagnoseWakeUps(config.store, await wakeUpProblems(config.store)),
      ...diagnoseCopy(mark, files !== null && isBehindItself(files, mark), now),
      ...diagnoseRestored(await store.audit({ ...lately, what: "store.restored" }), now),
      await clockFinding(context, mark.highAt, now, acceptClock),
      ...diagnoseJumps(await store.audit({ ...lately, what: "clock.jump" }), now),
      ...diagnoseNodes(nodes, now),
      ...diagnoseVersions(nodes, now),
      ...diagnoseWatch(config.node.heartbeat, nodes, now),
      ...diagnoseHeartbeats(await store.outbox({ kind: "heartbeat", limit: OUTBOX_READ }), now),
      ...diagnoseReleases(nodes, now),
      ...diagnoseCarriers(tasks, nodes, now),
      ...diagnoseRefusals(config.name, loaded, tasks, await store.refusals()),
      ...diagnoseIncidents(await store.incidents({ open: true, limit: TOLD_OF_EACH }), now),
      ...(await outboxFindings(store, now)),
      ...(await deadLetterFindings(store, now)),
      ...(await stuckFindings(context, now)),
      ...diagnoseWatched(inForce),
    ];
  } catch (thrown) {
    return [failed("store", thrown)];
  }
}

async function outboxFindings(store: Store, now: number): Promise<Diagnosis[]> {
  const waiting: OutboxRow[] = [];
  for (const kind of ["alert", "mail", "heartbeat"] as const) {
    waiting.push(...(await store.outbox({ kind, state: "waiting", limit: OUTBOX_READ })));
  }
  const dropped = { kind: "mail", state: "dropped", limit: OUTBOX_READ } as const;
  return [
    ...diagnoseWaiting(waiting, now),
    ...diagnoseDroppedMail(await store.outbox(dropped), now),
  ];
}

async function deadLetterFindings(store: Store, now: number): Promise<Diagnosis[]> {
  const { deadLetters } = await store.census();
  const [newest] = await store.runs({ unresolved: true, limit: 1 });
  return diagnoseDeadLetters(deadLetters, newest, now);
}

async function stuckFindings(context: VerbContext, now: number): Promise<Diagnosis[]> {
  const filter = { state: "pending", until: now - STUCK_MS, limit: PENDING_MAX } as const;
  const stuck = stuckRuns(await context.store.runs(filter), now);
  const whys = await Promise.all(stuck.slice(0, TOLD_MAX).map(({ id }) => why(context, id)));
  return diagnoseStuck(stuck, whys, now);
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
