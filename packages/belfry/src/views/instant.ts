/** An instant as JSON has it: ISO 8601 in UTC with milliseconds, or null. */
export function iso(at: number): string;
export function iso(at: number | null): string | null;
export function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

/** A record of plain values with its instants, which their names tell (`dueAt`), as ISO text. */
export function isoInstants(record: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).map(([key, value]: [string, unknown]) => [key, isoInstant(key, value)]),
  );
}

function isoInstant(key: string, value: unknown): unknown {
  if (typeof value === "number" && /(^at|At)$/.test(key)) return iso(value);
  if (Array.isArray(value)) return value.map((item: unknown) => isoInstant("", item));
  return typeof value === "object" && value !== null ? isoInstants(value) : value;
}
