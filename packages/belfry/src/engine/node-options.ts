import type { Clock, Random } from "../clock.ts";
import type { Release } from "../core/definition.ts";
import type { Redactor } from "../core/redactor.ts";
import type { Executor } from "../executor.ts";
import type { Lease, LeaseTerms } from "../lease.ts";
import type { Logs } from "../log.ts";
import type { ClaimedRun } from "../records.ts";
import type { Store } from "../store.ts";
import type { Output } from "./attempt-output.ts";
import type { CarriedTask } from "./catalogue.ts";
import type { Duty } from "./duty.ts";
import type { Events } from "./events.ts";
import type { Node } from "./node.ts";
import type { Outlets } from "./outlets.ts";

export interface NodeSettings extends LeaseTerms {
  /** Attempts that may run at once. */
  readonly concurrency: number;
  /** What is special about the node: what `runsOn` of a task may ask for. */
  readonly tags: readonly string[];
  readonly retention: { readonly historyMs: number; readonly logsMs: number };
  /**
   * How many times more rarely than usual the node looks for what nobody told it; 1 unless told.
   * Only simulated time, of which there is plenty, affords more.
   */
  readonly pace?: number;
}

/** Everything a node needs from outside; the composition root and the simulation bring it. */
export interface NodeOptions {
  readonly store: Store;
  readonly logs: Logs;
  readonly clock: Clock;
  readonly random: Random;
  readonly entropy: () => string;
  readonly events: Events;
  readonly lease: Lease;
  /** By kind, made for this incarnation; one executor may serve several kinds. */
  readonly executors: (node: string) => ReadonlyMap<string, Executor>;
  readonly duty: Duty;
  /** By run, what still runs in this process although it was told to end. */
  readonly lingering: Map<string, Promise<void>>;
  readonly output: (run: ClaimedRun, attempt: number) => Output;
  /** Whom this node can tell what must be told. */
  readonly outlets: Outlets;
  /** Takes secrets out of what is kept and told. */
  readonly redactor: Redactor;
  readonly tasks: readonly CarriedTask[];
  readonly releases: readonly Release[];
  readonly settings: NodeSettings;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  /** `HOST:PORT` of this process's health and metrics, or null. */
  readonly http: string | null;
  /** Who is said to have brought the releases. */
  readonly by: string;
  /** Called once when the others have declared this node dead: a new one must take its place. */
  readonly onDeclaredDead: (node: Node) => void;
}
