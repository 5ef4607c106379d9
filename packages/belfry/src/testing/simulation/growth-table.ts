import { boundedRows, KEPT_FOR_GOOD, meanRows, quarterEnds, type Sample } from "./growth.ts";

const MIB = 1_048_576;
const DAY_MS = 86_400_000;
const NAME_WIDTH = 32;
const WIDTH = 10;

/** How big everything was at the quarters of a world: lines of a table. */
export function growthTable(samples: readonly Sample[]): readonly string[] {
  const ends = quarterEnds(samples);
  const line = (name: string, of: (sample: Sample) => number | string): string =>
    name.padEnd(NAME_WIDTH) + ends.map((end) => String(of(end)).padStart(WIDTH)).join("");
  const tables = Object.keys(ends.at(-1)?.rows ?? {});
  const rowsOf = (table: string): string => line(`  ${table}`, ({ rows }) => rows[table] ?? 0);
  return [
    line("virtual days", ({ afterMs }) => (afterMs / DAY_MS).toFixed(1)),
    line("RSS after gc, MiB", ({ weight }) => mib(weight?.rssBytes)),
    line("heap after gc, MiB", ({ weight }) => mib(weight?.heapBytes)),
    line("pages of the store", ({ pages }) => pages),
    line("rows that retention bounds", boundedRows),
    meansLine(samples),
    ...tables.filter((table) => !KEPT_FOR_GOOD.has(table)).map(rowsOf),
    "rows that are kept for good",
    ...tables.filter((table) => KEPT_FOR_GOOD.has(table)).map(rowsOf),
  ];
}

/** What growth in rows is judged by. */
function meansLine(samples: readonly Sample[]): string {
  const means = meanRows(samples).map((rows) => rows.toFixed(0).padStart(WIDTH));
  return "  mean of the quarter".padEnd(NAME_WIDTH) + means.join("");
}

function mib(bytes: number | undefined): string {
  return bytes === undefined ? "-" : (bytes / MIB).toFixed(0);
}
