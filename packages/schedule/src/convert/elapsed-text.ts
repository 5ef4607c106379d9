import type { ConvertDialect } from "./convert.ts";

const UNITS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
] as const;

/** An interval of elapsed time; `null` where a dialect has none, or not so fine. */
export function elapsedText(periodMs: number, dialect: ConvertDialect): string | null {
  if (dialect === "aws") return rateText(periodMs);
  return dialect === "kubernetes" ? goText(periodMs) : null;
}

function rateText(periodMs: number): string | null {
  const [unit, unitMs] = UNITS.find(([, ms]) => periodMs % ms === 0) ?? [];
  if (unit === undefined || unitMs === undefined) return null;
  const count = periodMs / unitMs;
  return `rate(${count} ${unit}${count === 1 ? "" : "s"})`;
}

/** As durations of Go are written. */
function goText(periodMs: number): string | null {
  if (periodMs % 1000 !== 0) return null;
  const seconds = periodMs / 1000;
  const parts = [
    [Math.floor(seconds / 3600), "h"],
    [Math.floor(seconds / 60) % 60, "m"],
    [seconds % 60, "s"],
  ] as const;
  const text = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count}${unit}`);
  return `@every ${text.join("")}`;
}
