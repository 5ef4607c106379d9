import type { Clock } from "../clock.ts";
import { systemClock, systemEntropy, systemRandom } from "../clocks/system.ts";
import { Redactor } from "../core/redactor.ts";
import type { Config } from "../define/config.ts";
import { type HttpAddress, writtenHttpAddress } from "../define/http-address.ts";
import { configSecrets, NodeSecrets } from "../define/node-secrets.ts";
import type { Problem } from "../define/problem.ts";
import type { Duty } from "../engine/duty.ts";
import { Engine } from "../engine/engine.ts";
import type { Listener } from "../engine/events.ts";
import { Heartbeats } from "../engine/heartbeats.ts";
import { LogWriter } from "../engine/log-writer.ts";
import type { NodeSettings } from "../engine/node-options.ts";
import type { Outlets } from "../engine/outlets.ts";
import { mailRun } from "../engine/run-mail.ts";
import type { Executor } from "../executor.ts";
import { createCommandExecutor } from "../executors/command.ts";
import { createFunctionExecutor } from "../executors/function.ts";
import { HttpHeart } from "../heartbeats/http-heart.ts";
import { addressProblems } from "../http/address-problems.ts";
import type { HttpServer } from "../http/server.ts";
import { openWatch } from "../http/watch.ts";
import type { LogBatch, Logs } from "../log.ts";
import type { Store } from "../store.ts";
import { Metrics } from "../telemetry/metrics.ts";
import { timedStore } from "../telemetry/timed-store.ts";
import type { VerbContext } from "../verbs/context.ts";
import { VERSION } from "../version.ts";
import { createChannels, crontabMail, type SendingHost } from "./create-channels.ts";
import { openNodeState } from "./state.ts";
import { verbContext } from "./verb-context.ts";
import { wakeUpProblems } from "./wake-ups.ts";

/** All that a node needs, and a client beside it. */
export interface House {
  readonly engine: Engine;
  readonly context: VerbContext;
  readonly secrets: NodeSecrets;
  readonly redactor: Redactor;
  /** `HOST:PORT` of health and metrics, or null. */
  readonly http: string | null;
  /** What keeps it from telling whom it should, and what somebody should know of its port. */
  readonly problems: readonly Problem[];
  close(): Promise<void>;
}

export interface HouseOptions {
  readonly config: Config;
  readonly host: SendingHost;
  readonly duty: Duty;
  readonly onEvent: Listener;
  /** What runs said, as it is written to their logs. */
  readonly onLines: (batches: readonly LogBatch[]) => void;
  readonly by: string;
  /** Whether a loop that stands still is named on stderr: a library prints nothing. */
  readonly stalls: "printed" | "silent";
  /** Where health and metrics are read; null: no port is opened. */
  readonly http: HttpAddress | null;
}

/** An engine over what is kept at the configuration's store. */
export async function openHouse(options: HouseOptions): Promise<House> {
  const { config, host, stalls, by } = options;
  const state = await openNodeState(config.store, stalls, config.node.leaseMs);
  const { logs, clock, dataDir } = state;
  let engine: Engine | null = null;
  const onTrouble = (service: string, error: Error): void =>
    engine?.events.emit({ kind: "trouble", service, error, retryInMs: 0 });
  const redactor = new Redactor();
  const secrets = new NodeSecrets(host.environment, redactor, (error) => {
    onTrouble("secrets", error);
  });
  const writer = new LogWriter({
    clock,
    logs,
    onLines: options.onLines,
    onTrouble: (message) => onTrouble("logs", new Error(message)),
  });
  const close = async (): Promise<void> => {
    await writer.close();
    await state.close();
  };
  const leaseUntil = (): number | null => engine?.leaseUntil ?? null;
  const watch = await openPort(options, state, leaseUntil).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  const { store, http } = watch;
  const { outlets, problems } = outletsOf(config, host, state);
  const flush = (run: string): Promise<unknown> => writer.flush(run);
  const heartbeats = heartbeatsOf(config, host, { store, logs, clock, flush });
  engine = new Engine({
    store,
    logs,
    clock,
    random: systemRandom,
    entropy: systemEntropy,
    lease: state.lease,
    executors: (node) => executorsOf({ node, dataDir, clock }, host, secrets),
    output: (run, attempt) => writer.open(run.id, attempt),
    outlets: { ...outlets, ...heartbeats.outlets() },
    redactor,
    settings: settingsOf(config),
    duty: options.duty,
    host: host.hostname,
    pid: process.pid,
    version: VERSION,
    http,
    by,
  });
  engine.events.on(options.onEvent);
  engine.events.on(watch.hear);
  secrets.learn(configSecrets(config));
  return {
    engine,
    context: verbContext(config, { ...state, store }, by),
    secrets,
    redactor,
    http,
    problems: [...problems, ...watch.problems, ...(await wakeUpProblems(config.store))],
    async close() {
      heartbeats.close();
      await watch.server?.close();
      await close();
    },
  };
}

/** The store as the node sees it, and by what it is watched. */
interface Watch {
  readonly store: Store;
  readonly server: HttpServer | null;
  readonly http: string | null;
  readonly hear: Listener;
  readonly problems: readonly Problem[];
}

/** Where nobody can read what is measured, nothing is. */
async function openPort(
  { http: asked, config }: HouseOptions,
  { store: opened, clock }: { readonly store: Store; readonly clock: Clock },
  leaseUntil: () => number | null,
): Promise<Watch> {
  if (asked === null) {
    return { store: opened, server: null, http: null, hear: () => {}, problems: [] };
  }
  const metrics = new Metrics();
  const store = timedStore(opened, systemClock, metrics.storeAnswered);
  const { schema } = await opened.mark();
  const { leaseMs } = config.node;
  const watched = { store, clock, metrics, schema, leaseMs, leaseUntil };
  const server = await openWatch(asked, watched);
  const http = writtenHttpAddress(server.address);
  return { store, server, http, hear: metrics.hear, problems: addressProblems(asked, server) };
}

function settingsOf({ node, retention }: Config): NodeSettings {
  const { concurrency, tags, leaseMs } = node;
  return { concurrency, tags, leaseMs, renewMs: leaseMs / 3, retention };
}

/** The ways out of this node for alerts and mail, and what keeps others shut. */
function outletsOf(
  config: Config,
  host: SendingHost,
  { logs, clock }: { readonly logs: Logs; readonly clock: Clock },
): {
  readonly outlets: Pick<Outlets, "channels" | "mail">;
  readonly problems: readonly Problem[];
} {
  const { channels, problems } = createChannels(config, host);
  const { mailer } = crontabMail(config, host);
  const means = mailer === null ? null : { logs, mailer, clock };
  const mail: Outlets["mail"] =
    means === null ? null : (task, run, signal) => mailRun(task, run, means, signal);
  return { outlets: { channels, mail }, problems };
}

function heartbeatsOf(
  config: Config,
  { environment, hostname }: SendingHost,
  parts: {
    readonly store: Store;
    readonly logs: Logs;
    readonly clock: Clock;
    readonly flush: (run: string) => Promise<unknown>;
  },
): Heartbeats {
  const heart = new HttpHeart({ environment, host: hostname, version: VERSION });
  return new Heartbeats({ ...parts, heart, node: config.node.heartbeat });
}

function executorsOf(
  at: { readonly node: string; readonly dataDir: string; readonly clock: Clock },
  { environment }: SendingHost,
  { read: secret }: NodeSecrets,
): ReadonlyMap<string, Executor> {
  const command = createCommandExecutor({ ...at, environment, secret });
  const run = createFunctionExecutor({ clock: at.clock, secret });
  return new Map<string, Executor>([
    ["function", run],
    ["command", command],
    ["shell", command],
  ]);
}
