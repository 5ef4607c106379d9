import type { Incident } from "../core/incident.ts";
import { Redactor } from "../core/redactor.ts";
import type { GapReason, Reason, RunState } from "../core/run.ts";
import type { Restored } from "../records.ts";
import type { DrainWish, IncidentStep } from "../store.ts";

/** What happens on a node, for telemetry, terminals and tests: nothing decides by it. */
export type EngineEvent =
  | { readonly kind: "started"; readonly node: string }
  /** Somebody wishes that the node takes no new work, or that it takes some again. */
  | { readonly kind: "drain"; readonly wish: DrainWish; readonly running: number }
  | { readonly kind: "stopping"; readonly running: number }
  | { readonly kind: "stopped" }
  | { readonly kind: "release"; readonly source: string; readonly tasks: number }
  | { readonly kind: "refused"; readonly task: string; readonly source: string }
  | {
      readonly kind: "gap";
      readonly task: string;
      readonly reason: GapReason;
      readonly count: number;
      readonly fromAt: number;
      readonly toAt: number;
    }
  | {
      readonly kind: "attempt";
      readonly run: string;
      readonly task: string;
      readonly number: number;
      readonly dueAt: number;
      readonly startedAt: number;
    }
  | {
      readonly kind: "ended";
      readonly run: string;
      readonly task: string;
      readonly number: number;
      readonly state: RunState;
      readonly reason: Reason | null;
      readonly durationMs: number;
      readonly error: string | null;
      /** When it is tried again, or null. */
      readonly retryAt: number | null;
    }
  | {
      /** A downtime is told once, when it is over. */
      readonly kind: "incident";
      readonly step: "opened" | "closed";
      readonly incident: Incident;
      /** The channels that are told. */
      readonly channels: readonly string[];
    }
  | {
      readonly kind: "alert";
      /** `INCIDENT/STEP/CHANNEL`. */
      readonly alert: string;
      readonly channel: string;
      readonly incident: string;
      readonly task: string | null;
      readonly step: "opened" | "closed";
      readonly result: "sent" | "failed";
      readonly error: unknown;
      /** When it is tried again, or null. */
      readonly retryAt: number | null;
    }
  | { readonly kind: "stale"; readonly run: string; readonly task: string }
  /** As far as the store knows it runs on this node, where nobody knows of it: given back. */
  | { readonly kind: "forsaken"; readonly run: string; readonly task: string }
  | { readonly kind: "dead"; readonly node: string; readonly evidence: "expired" | "proven" }
  | { readonly kind: "declared-dead"; readonly node: string }
  /** The store is an older copy of itself: what happened since is unknown to it. */
  | ({ readonly kind: "restored" } & Restored)
  | { readonly kind: "clock"; readonly jumpMs: number; readonly holdMs: number }
  | {
      readonly kind: "trouble";
      readonly service: string;
      readonly error: unknown;
      readonly retryInMs: number;
    };

export type Listener = (event: EngineEvent) => void;

/** Hands events to whoever listens, without secrets; a listener that throws harms nobody. */
export class Events {
  readonly #listeners = new Set<Listener>();
  readonly #redactor: Redactor;

  constructor(redactor: Redactor = new Redactor()) {
    this.#redactor = redactor;
  }

  on(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit(event: EngineEvent): void {
    const told = this.#redacted(event);
    for (const listener of this.#listeners) {
      try {
        listener(told);
      } catch {
        // Telemetry must never change what the engine does.
      }
    }
  }

  /** Tells of incidents that a verb of the store opened or closed. */
  tell(steps: readonly IncidentStep[]): void {
    for (const step of steps) this.emit({ kind: "incident", ...step });
  }

  /** What went wrong elsewhere may be told in words that hold what was told there in confidence. */
  #redacted(event: EngineEvent): EngineEvent {
    if (this.#redactor.isEmpty) return event;
    if (event.kind !== "trouble" && event.kind !== "alert") return event;
    return { ...event, error: this.#redactor.thrown(event.error) };
  }

  get heard(): boolean {
    return this.#listeners.size > 0;
  }
}
