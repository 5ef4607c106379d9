/** One field of a cron-like expression. */
export interface Field {
  readonly name: string;
  readonly low: number;
  readonly high: number;
  /** Names of the values from `low` on, in lower case; their first three letters are enough. */
  readonly names: readonly string[];
  /** Whether it takes `?`, which stands for all values. */
  readonly question?: boolean;
  /** What it takes of `L`, `W` and `#`, by an example of each form. */
  readonly special?: readonly string[];
}

/** How the fields of a dialect are written. */
export interface Grammar {
  /** Whether `5/15` goes from 5 to the end; else a step needs a range. */
  readonly stepsToEnd: boolean;
  /** Whether `22-2` goes round; else it is refused. */
  readonly wraps: boolean;
  /** Whether a step longer than its field is refused; else it leaves the first value. */
  readonly boundsSteps: boolean;
  /** What makes a field open: that it begins with a star, a whole `*`, `?`, or any `*`, `-` or `/`. */
  readonly open: "star" | "full" | "question" | "moving";
}

/** Answers a number in [0, 1) for the random range that stands at a place in the text. */
export type Draw = (place: number) => number;

/** What to write in place of a text that is no part of a field. */
export function foreignHint(text: string, { low, high, names, question, special }: Field): string {
  if (text.startsWith("?") && question !== true) return "write *";
  const forms = special === undefined ? "" : `, or ${special.join(" ")}`;
  if (/[lw#]/i.test(text) && low === 1 && high === 31 && forms === "")
    return "this dialect has no L and no W";
  if (/^\d?[l#]/i.test(text) && forms === "") return "this dialect has no L and no #";
  const range = names.length > 0 ? `, ${names[0]} to ${names.at(-1)}` : "";
  return `use * , - / and ${low} to ${high}${range}${forms}`;
}

/** The place of a name among those of a field, or -1. */
export function nameIndex(field: Field, text: string): number {
  const name = text.toLowerCase();
  return name.length < 3 ? -1 : field.names.findIndex((one) => one.startsWith(name));
}
