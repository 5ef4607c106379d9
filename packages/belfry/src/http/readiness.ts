/** What was found out about a node just now. */
export interface NodeFacts {
  /** How long the store took to answer, and its schema now; or why it did not. */
  readonly store:
    | { readonly answer: "came"; readonly tookMs: number; readonly schema: number }
    | { readonly answer: "failed"; readonly why: string };
  /** The schema that this version works with. */
  readonly schema: number;
  /** When the node's lease ends, or null where no node works. */
  readonly leaseUntil: number | null;
  readonly leaseMs: number;
  readonly now: number;
}

export type CheckState = "ok" | "degraded" | "failed";

export interface Check {
  readonly name: "store" | "migrations" | "lease";
  readonly state: CheckState;
  /** In words, for a person. */
  readonly detail: string;
}

/** Whether a node can do its work: `degraded` is work that goes on and should be looked at. */
export interface Readiness {
  readonly state: "ready" | "degraded" | "not-ready";
  readonly checks: readonly Check[];
}

/** A store that takes longer than this delays every start. */
const SLOW_MS = 1_000;

export function judge(facts: NodeFacts): Readiness {
  const checks = [storeCheck(facts), migrationsCheck(facts), leaseCheck(facts)];
  const states = new Set(checks.map(({ state }) => state));
  if (states.has("failed")) return { state: "not-ready", checks };
  return { state: states.has("degraded") ? "degraded" : "ready", checks };
}

/** What is under way goes on without the store, for as long as nobody else may take it. */
function withoutStore({ leaseUntil, now }: NodeFacts): CheckState {
  return leaseUntil !== null && leaseUntil > now ? "degraded" : "failed";
}

function storeCheck(facts: NodeFacts): Check {
  const { store } = facts;
  const name = "store";
  if (store.answer === "failed") return { name, state: withoutStore(facts), detail: store.why };
  const detail = `answered in ${durationText(store.tookMs)}`;
  return { name, state: store.tookMs > SLOW_MS ? "degraded" : "ok", detail };
}

function migrationsCheck(facts: NodeFacts): Check {
  const { store, schema } = facts;
  const name = "migrations";
  if (store.answer === "failed") {
    const detail = "not known while the store does not answer";
    return { name, state: withoutStore(facts), detail };
  }
  if (store.schema === schema) return { name, state: "ok", detail: `schema ${schema}` };
  const detail = `the store has schema ${store.schema} by now, this version knows ${schema}: replace it`;
  return { name, state: "degraded", detail };
}

function leaseCheck({ leaseUntil, leaseMs, now }: NodeFacts): Check {
  const name = "lease";
  if (leaseUntil === null) {
    const detail = "no node works in this process: it starts, stops, or was declared dead";
    return { name, state: "failed", detail };
  }
  const leftMs = leaseUntil - now;
  if (leftMs <= 0) {
    const detail = `ran out ${durationText(-leftMs)} ago: it starts nothing until it is renewed`;
    return { name, state: "failed", detail };
  }
  // It is renewed each third of its length.
  if (leftMs > leaseMs / 2) return { name, state: "ok", detail: `${durationText(leftMs)} left` };
  const detail = `${durationText(leftMs)} left: its renewal is overdue`;
  return { name, state: "degraded", detail };
}

/** Beneath each other, for a person. */
export function readinessText({ state, checks }: Readiness): string {
  const room = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.map(
    (check) => `${check.name.padEnd(room)}  ${check.state.padEnd(8)}  ${check.detail}`,
  );
  return `${[state, ...lines].join("\n")}\n`;
}

function durationText(ms: number): string {
  return ms < 1_000 ? `${Math.ceil(ms)} ms` : `${Math.round(ms / 1_000)} s`;
}
