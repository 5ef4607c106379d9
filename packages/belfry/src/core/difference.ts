/** One place where two JSON values differ. */
export interface Difference {
  readonly path: readonly string[];
  /** Undefined: it was not there. */
  readonly before: unknown;
  /** Undefined: it is not there any more. */
  readonly after: unknown;
}

/**
 * Where two JSON values differ, member by member, in the order of their names as they stand. Lists
 * are compared as wholes: what became of their items, only who wrote them knows.
 */
export function differences(before: unknown, after: unknown): readonly Difference[] {
  return differencesAt([], before, after);
}

function differencesAt(
  path: readonly string[],
  before: unknown,
  after: unknown,
): readonly Difference[] {
  if (isMap(before) && isMap(after)) {
    const names = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...names].flatMap((name) => differencesAt([...path, name], before[name], after[name]));
  }
  return same(before, after) ? [] : [{ path, before, after }];
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function same(one: unknown, other: unknown): boolean {
  if (!Array.isArray(one) || !Array.isArray(other)) return Object.is(one, other);
  return (
    one.length === other.length &&
    one.every((item: unknown, index) => differencesAt([], item, other[index]).length === 0)
  );
}
