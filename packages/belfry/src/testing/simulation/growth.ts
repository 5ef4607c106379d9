/** How much memory the process takes, after garbage was collected. */
export interface Weight {
  readonly rssBytes: number;
  readonly heapBytes: number;
}

/** How big everything is at the end of a round. */
export interface Sample {
  /** Virtual time since the beginning, ms. */
  readonly afterMs: number;
  /** By table. */
  readonly rows: Readonly<Record<string, number>>;
  readonly pages: number;
  /** Taken at the quarters of the world. */
  readonly weight: Weight | null;
}

/** Retention does not touch these: a row for each day of a task, and what people did to rules. */
export const KEPT_FOR_GOOD: ReadonlySet<string> = new Set(["day", "audit of rules"]);

/** By how much the last quarter may be above the second. */
const ROWS_GROWTH_MAX = 1.1;
const MEMORY_GROWTH_MAX = 1.25;

/** The rows that retention keeps in bounds. */
export function boundedRows({ rows }: Sample): number {
  const bounded = Object.entries(rows).filter(([table]) => !KEPT_FOR_GOOD.has(table));
  return bounded.reduce((sum, [, count]) => sum + count, 0);
}

/** Of each quarter, how many rows that retention bounds there were at the end of a round, on average. */
export function meanRows(samples: readonly Sample[]): readonly number[] {
  return quarters(samples).map(meanOf);
}

/** The last of each quarter of the samples. */
export function quarterEnds(samples: readonly Sample[]): readonly Sample[] {
  return quarters(samples).flatMap((quarter) => quarter.slice(-1));
}

/**
 * What grows without bound, in words: the last quarter of a world is held against the second, when
 * retention has long begun to prune.
 */
export function findGrowth(samples: readonly Sample[]): readonly string[] {
  const [, second = [], , last = []] = quarters(samples);
  const found: string[] = [];
  const compare = (
    what: string,
    of: (quarter: readonly Sample[]) => number,
    most: number,
  ): void => {
    const before = of(second);
    const after = of(last);
    if (after <= before * most) return;
    const percent = Math.round((after / before - 1) * 100);
    found.push(`${what} of the last quarter: ${percent} % above the second one`);
  };
  compare("rows", meanOf, ROWS_GROWTH_MAX);
  const weight = (of: keyof Weight) => (quarter: readonly Sample[]) =>
    quarter.at(-1)?.weight?.[of] ?? 0;
  compare("RSS", weight("rssBytes"), MEMORY_GROWTH_MAX);
  compare("the heap", weight("heapBytes"), MEMORY_GROWTH_MAX);
  return found;
}

function quarters(samples: readonly Sample[]): readonly (readonly Sample[])[] {
  const until = [0, 1, 2, 3, 4].map((part) => Math.ceil((samples.length * part) / 4));
  return until.slice(1).map((end, part) => samples.slice(until[part], end));
}

function meanOf(quarter: readonly Sample[]): number {
  const all = quarter.reduce((sum, sample) => sum + boundedRows(sample), 0);
  return all / Math.max(1, quarter.length);
}
