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
  const [old, now] = [membersOf(before), membersOf(after)];
  if (old !== null && now !== null && !(before === undefined && after === undefined)) {
    const names = new Set([...Object.keys(old), ...Object.keys(now)]);
    return [...names].flatMap((name) => differencesAt([...path, name], old[name], now[name]));
  }
  return same(before, after) ? [] : [{ path, before, after }];
}

/** Of a map; what is not there has none, and any other value is no map. */
function membersOf(value: unknown): Readonly<Record<string, unknown>> | null {
  if (value === undefined) return {};
  return isMap(value) ? value : null;
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
