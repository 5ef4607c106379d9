import type { HeartbeatKind, HeartbeatTo } from "./core/definition.ts";

/** Tells a watcher outside that a task, or the node, lives. */
export interface Heart {
  /**
   * Resolves when the watcher has heard, or has no word for such an event.
   * @throws where it has not heard; the message names the watcher's host and never the URL.
   */
  beat(target: HeartbeatTarget, beat: Beat, signal: AbortSignal): Promise<void>;
}

/** Where heartbeats go. */
export interface HeartbeatTarget extends HeartbeatTo {
  /** The name of the secret that holds the address, if one does. */
  readonly secret?: string;
  /**
   * The address. Whoever knows it can speak for the task, so it is asked for when it is needed,
   * and neither kept nor printed.
   * @throws BelfryError where the secret that holds it is not set, or holds no such URL.
   */
  readonly resolve: (environment: Readonly<Record<string, string | undefined>>) => HeartbeatAddress;
}

export interface HeartbeatAddress {
  readonly kind: HeartbeatKind;
  readonly url: URL;
}

export interface Beat {
  /** `alive`: of the node itself. */
  readonly event: "alive" | "start" | "success" | "fail";
  /** Under which a start and an end belong together; null: an end, whatever was started. */
  readonly run: string | null;
  readonly durationMs: number | null;
  readonly exitCode: number | null;
  /** The end of what it printed, of at most so many bytes; read only where it is sent along. */
  readonly tail: (bytesMax: number) => Promise<string>;
}
