import type { Channel } from "../channel.ts";
import type { EndedRun, MailItem } from "../outbox.ts";
import type { CarriedTask } from "./catalogue.ts";

/**
 * The ways out of this node. Each resolves when the other side has taken it, and throws where it
 * has not: then it is tried again later.
 */
export interface Outlets {
  /** By the names that tasks call them by. */
  readonly channels: ReadonlyMap<string, Channel>;
  /** Tells the watcher of a task of this node how a run ended; null: the node tells none. */
  readonly beat:
    | ((task: CarriedTask, facts: EndedRun, signal: AbortSignal) => Promise<void>)
    | null;
  /** Tells it that a run's first attempt starts: returns at once, and is not tried again. */
  readonly start: ((task: CarriedTask, run: string) => void) | null;
  /** Tells the node's own watcher that it works; null: it has none. */
  readonly alive: ((signal: AbortSignal) => Promise<void>) | null;
  /**
   * Mails what a run of a task of this node printed; null: the node sends no mail. It is not tried
   * again where it was `RefusedForGood`.
   */
  readonly mail:
    | ((task: CarriedTask, facts: MailItem["facts"], signal: AbortSignal) => Promise<void>)
    | null;
}

/** A node that tells nobody. */
export const NO_OUTLETS: Outlets = {
  channels: new Map(),
  beat: null,
  start: null,
  alive: null,
  mail: null,
};
