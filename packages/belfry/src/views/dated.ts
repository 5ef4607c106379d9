/** What names an instant in the faces' JSON. */
type InstantKey = `${string}At` | "from" | "until" | "next";
/** What is a task's own: nothing in it is ours to read. */
type ForeignKey = "payload" | "result" | "report" | "progress" | "error" | "evidence" | "policies";

type Instant<T> = T extends string ? Date : T;

/** A view as programs get it: instants are `Date` where JSON has text. */
export type Dated<T> = T extends readonly (infer Item)[]
  ? readonly Dated<Item>[]
  : T extends object
    ? {
        readonly [Key in keyof T]: Key extends ForeignKey
          ? T[Key]
          : Key extends InstantKey
            ? Instant<T[Key]>
            : Dated<T[Key]>;
      }
    : T;

const FOREIGN: ReadonlySet<string> = new Set<ForeignKey>([
  "payload",
  "result",
  "report",
  "progress",
  "error",
  "evidence",
  "policies",
]);
const INSTANT = /At$|^(from|until|next)$/;

/** Turns a view's instants into dates. */
export function dated<T>(view: T): Dated<T> {
  // The type says key by key what `datedValue` does key by key.
  return datedValue("", view) as Dated<T>;
}

function datedValue(key: string, value: unknown): unknown {
  if (FOREIGN.has(key)) return value;
  if (typeof value === "string") return INSTANT.test(key) ? new Date(value) : value;
  if (Array.isArray(value)) return value.map((item: unknown) => datedValue("", item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]: [string, unknown]) => [name, datedValue(name, item)]),
  );
}
