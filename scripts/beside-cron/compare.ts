import type { Difference } from "./differences.ts";
import type { Facts, Mail, Records, Start } from "./records.ts";

/** Something that one side did otherwise, or alone. */
export interface Discrepancy {
  readonly line: number | null;
  readonly of: "start" | "mail";
  /** The minute of a start, in ISO; the number of a mail among those of its line. */
  readonly which: string;
  readonly fact: string;
  readonly cron: string | null;
  readonly belfry: string | null;
}

export interface LineComparison {
  readonly line: number;
  readonly startsByCron: number;
  readonly startsByBelfry: number;
  /** Starts in a minute in which the other side has none for it. */
  readonly oneSided: number;
  readonly startsDiffering: number;
  readonly mailsByCron: number;
  readonly mailsByBelfry: number;
  /** Mails that have no counterpart, or another one. */
  readonly mailsDiffering: number;
}

export interface Comparison {
  readonly lines: readonly LineComparison[];
  readonly discrepancies: readonly Discrepancy[];
  /** How often each documented difference was seen. */
  readonly documented: ReadonlyMap<Difference, number>;
}

/** Two of a kind, one of each side; null: that side has none. */
interface Pair<T> {
  readonly which: string;
  readonly cron: T | null;
  readonly belfry: T | null;
}

/** Compares what both sides did with the lines of these numbers, but for what is meant to differ. */
export function compare(
  numbers: readonly number[],
  cron: Records,
  belfry: Records,
  differences: readonly Difference[],
): Comparison {
  const discrepancies: Discrepancy[] = [];
  const documented = new Map(differences.map((difference) => [difference, 0]));
  /** How many of the pairs differ beyond what is documented. */
  const differing = <T extends { readonly facts: Facts }>(
    line: number | null,
    of: Discrepancy["of"],
    pairs: readonly Pair<T>[],
  ): number => {
    const found = pairs.map((pair) => {
      const facts = pair.cron === null || pair.belfry === null ? alone(pair) : unlike(pair);
      const open = facts.filter(({ fact, cron: theirs, belfry: ours }) => {
        const known = differences.find(({ covers }) => covers(fact, theirs, ours));
        if (known !== undefined) documented.set(known, (documented.get(known) ?? 0) + 1);
        return known === undefined;
      });
      discrepancies.push(...open.map((each) => ({ line, of, which: pair.which, ...each })));
      return open.length > 0;
    });
    return found.filter(Boolean).length;
  };
  const lines = numbers.map((line) => {
    const ofLine = (each: Start | Mail): boolean => each.line === line;
    const starts = byMinute(cron.starts.filter(ofLine), belfry.starts.filter(ofLine));
    const both = starts.filter((pair) => pair.cron !== null && pair.belfry !== null);
    const single = starts.filter((pair) => !both.includes(pair));
    const mails = byOrder(cron.mails.filter(ofLine), belfry.mails.filter(ofLine));
    return {
      line,
      startsByCron: starts.filter((pair) => pair.cron !== null).length,
      startsByBelfry: starts.filter((pair) => pair.belfry !== null).length,
      oneSided: differing(line, "start", single),
      startsDiffering: differing(line, "start", both),
      mailsByCron: mails.filter((pair) => pair.cron !== null).length,
      mailsByBelfry: mails.filter((pair) => pair.belfry !== null).length,
      mailsDiffering: differing(line, "mail", mails),
    };
  });
  const isStray = ({ line }: Start | Mail): boolean => line === null || !numbers.includes(line);
  differing(null, "start", byMinute(cron.starts.filter(isStray), belfry.starts.filter(isStray)));
  differing(null, "mail", byOrder(cron.mails.filter(isStray), belfry.mails.filter(isStray)));
  return { lines, discrepancies, documented };
}

type Unlike = Pick<Discrepancy, "fact" | "cron" | "belfry">;

function alone(pair: Pair<unknown>): Unlike[] {
  const said = (there: unknown): string => (there === null ? "none" : "one");
  return [{ fact: "itself", cron: said(pair.cron), belfry: said(pair.belfry) }];
}

function unlike({ cron, belfry }: Pair<{ readonly facts: Facts }>): Unlike[] {
  const facts = new Set([...(cron?.facts.keys() ?? []), ...(belfry?.facts.keys() ?? [])]);
  const all = [...facts].map((fact) => ({
    fact,
    cron: cron?.facts.get(fact) ?? null,
    belfry: belfry?.facts.get(fact) ?? null,
  }));
  return all.filter((each) => each.cron !== each.belfry);
}

/** By the minutes in which they were; two in one minute are two pairs. */
function byMinute(cron: readonly Start[], belfry: readonly Start[]): Pair<Start>[] {
  const minuteOf = ({ at }: Start): string => new Date(at).toISOString().slice(0, 16);
  const theirs = Map.groupBy(cron, minuteOf);
  const ours = Map.groupBy(belfry, minuteOf);
  const minutes = new Set([...cron, ...belfry].sort((a, b) => a.at - b.at).map(minuteOf));
  return [...minutes].flatMap((minute) =>
    byOrder(theirs.get(minute) ?? [], ours.get(minute) ?? []).map((pair) => ({
      ...pair,
      which: `${minute}Z`,
    })),
  );
}

function byOrder<T>(cron: readonly T[], belfry: readonly T[]): Pair<T>[] {
  return Array.from({ length: Math.max(cron.length, belfry.length) }, (_, index) => ({
    which: String(index + 1),
    cron: cron[index] ?? null,
    belfry: belfry[index] ?? null,
  }));
}
