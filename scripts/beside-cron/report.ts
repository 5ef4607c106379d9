import type { Comparison, Discrepancy } from "./compare.ts";
import type { numberedLines } from "./crontab.ts";

type Lines = ReturnType<typeof numberedLines>;

/** Of many of a kind, people see the first ones. */
const SHOWN_MAX = 20;
const VALUE_LENGTH_MAX = 160;

const COLUMNS = [
  ["line", "line"],
  ["starts: cron", "startsByCron"],
  ["belfry", "startsByBelfry"],
  ["one-sided", "oneSided"],
  ["differing", "startsDiffering"],
  ["mails: cron", "mailsByCron"],
  ["belfry", "mailsByBelfry"],
  ["differing", "mailsDiffering"],
] as const;

export function textReport(minutes: number, lines: Lines, found: Comparison): string {
  const covers = new Map(lines.map((line) => [line.number, line.covers]));
  const row = (cells: readonly (string | number)[], rest: string): string => {
    const padded = cells.map((cell, at) => String(cell).padStart(COLUMNS[at]?.[0].length ?? 0));
    return `${padded.join("  ")}  ${rest}`;
  };
  const totals = COLUMNS.slice(1).map(([, key]) =>
    found.lines.reduce((sum, line) => sum + line[key], 0),
  );
  const { discrepancies } = found;
  const more = discrepancies.length - SHOWN_MAX;
  return [
    row(
      COLUMNS.map(([title]) => title),
      "covers",
    ),
    ...found.lines.map((line) =>
      row(
        COLUMNS.map(([, key]) => line[key]),
        covers.get(line.line) ?? "",
      ),
    ),
    row(["all", ...totals], ""),
    "",
    "Documented differences, and how often they were seen:",
    ...[...found.documented].map(([{ what, why }, seen]) => `  ${seen}  ${what}: ${why}`),
    "",
    ...discrepancies.slice(0, SHOWN_MAX).map(described),
    ...(more > 0 ? [`and ${more} more: --json has them all`] : []),
    discrepancies.length === 0
      ? `Minutes: ${minutes}. Belfry did what cron did.`
      : `Minutes: ${minutes}. Things that differ: ${discrepancies.length}.`,
  ].join("\n");
}

function described({ line, of, which, fact, cron, belfry }: Discrepancy): string {
  const shown = (value: string | null): string =>
    JSON.stringify(value)?.slice(0, VALUE_LENGTH_MAX) ?? "";
  return `line ${line ?? "unknown"}, ${of} ${which}, ${fact}: cron ${shown(cron)}, belfry ${shown(belfry)}`;
}

export function jsonReport(minutes: number, lines: Lines, found: Comparison): string {
  const { discrepancies, documented } = found;
  return JSON.stringify({
    minutes,
    lines: found.lines.map((line) => ({
      ...line,
      covers: lines.find(({ number }) => number === line.line)?.covers ?? "",
    })),
    discrepancies,
    documented: [...documented].map(([{ what, why }, seen]) => ({ what, why, seen })),
  });
}
