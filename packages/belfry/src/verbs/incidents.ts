import type { Incident } from "../core/incident.ts";
import type { OutboxRow } from "../outbox.ts";
import type { VerbContext } from "./context.ts";

export interface IncidentsOptions {
  readonly task: string | null;
  readonly which: "all" | "open";
  readonly limit: number;
}

export interface FoundIncidents {
  /** The open ones first, then the newest. */
  readonly incidents: readonly Incident[];
  /** Oldest first. */
  readonly alerts: readonly OutboxRow[];
}

/** Each incident has two steps, for as many channels as this with room to spare. */
const ALERTS_PER_INCIDENT = 100;

/** What is wrong now, and what was, with what was told of it. */
export async function incidents(
  { store }: Pick<VerbContext, "store">,
  { task, which, limit }: IncidentsOptions,
): Promise<FoundIncidents> {
  const filter = { task: task ?? undefined, limit };
  const open = await store.incidents({ ...filter, open: true });
  const newest = which === "open" ? [] : await store.incidents(filter);
  const closed = newest.filter(({ closedAt }) => closedAt !== null);
  const found = [...open, ...closed].slice(0, limit);
  const ids = found.map(({ id }) => id);
  const rows = await store.outbox({ incidents: ids, limit: limit * ALERTS_PER_INCIDENT });
  return { incidents: found, alerts: rows.toReversed() };
}
