/*
 * Local time as Intl tells it, asked quarter by quarter. It shares nothing with packages/schedule,
 * against which it is held.
 */

/** Offsets change on quarters of an hour. */
const QUARTER_MS = 900_000;
const MINUTE_MS = 60_000;

const offsets = new Map<string, Map<number, number>>();
const formats = new Map<string, Intl.DateTimeFormat>();

/** How far local time is ahead of UTC, ms. */
export function offsetAt(timeZone: string, at: number): number {
  if (timeZone === "UTC") return 0;
  let known = offsets.get(timeZone);
  if (known === undefined) {
    known = new Map();
    offsets.set(timeZone, known);
  }
  const quarter = Math.floor(at / QUARTER_MS);
  let offset = known.get(quarter);
  if (offset === undefined) {
    offset = askOffset(timeZone, quarter * QUARTER_MS);
    known.set(quarter, offset);
  }
  return offset;
}

/** `2026-03-08`. */
export function localDay(timeZone: string, at: number): string {
  return new Date(at + offsetAt(timeZone, at)).toISOString().slice(0, 10);
}

function askOffset(timeZone: string, at: number): number {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
    formats.set(timeZone, format);
  }
  const name = format.formatToParts(at).find(({ type }) => type === "timeZoneName")?.value ?? "GMT";
  const [, sign, hours, minutes] = /^GMT(?:([+-])(\d\d):(\d\d))?$/.exec(name) ?? [];
  if (hours === undefined) return 0;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * MINUTE_MS;
}
