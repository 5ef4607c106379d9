import type { Policies } from "./definition.ts";

/** The gate a run must pass: its task, or its task and the value of a field of its payload. */
export function gateOf(
  task: string,
  concurrency: Policies["concurrency"],
  payload: string | null,
): { id: string; max: number } | null {
  if (concurrency.limit === null) return null;
  if (concurrency.by === null) return { id: task, max: concurrency.limit };
  return { id: `${task}:${fieldText(payload, concurrency.by)}`, max: concurrency.limit };
}

/** Runs whose payload lacks the field share one gate, as if its value were null. */
function fieldText(payload: string | null, field: string): string {
  const value: unknown = payload === null ? null : JSON.parse(payload);
  if (typeof value !== "object" || value === null) return "null";
  const found: unknown = Reflect.get(value, field);
  return JSON.stringify(found) ?? "null";
}
