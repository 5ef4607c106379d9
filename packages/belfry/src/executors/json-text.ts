/** JSON text of a value, or null where it has none: a function, a cycle, undefined itself. */
export function jsonText(value: unknown): string | null {
  try {
    return JSON.stringify(value) ?? null;
  } catch {
    return null;
  }
}

/** As `jsonText`, for people to read: errors keep what they say, big integers become text. */
export function readableJsonText(value: unknown): string | null {
  try {
    return JSON.stringify(value, readable) ?? null;
  } catch {
    return null;
  }
}

function readable(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (!(value instanceof Error)) return value;
  return { ...value, name: value.name, message: value.message, stack: value.stack };
}

type Unspoken = undefined | symbol | ((...parameters: never[]) => unknown);

/** The type of what comes back when a value went through JSON. */
export type Jsonified<T> = T extends string | number | boolean | null
  ? T
  : T extends { toJSON(): infer Json }
    ? Jsonified<Json>
    : T extends Unspoken
      ? null
      : T extends readonly unknown[]
        ? { -readonly [Index in keyof T]: Jsonified<T[Index]> }
        : T extends object
          ? { [Key in keyof T as Spoken<Key, T[Key]>]: Jsonified<Exclude<T[Key], undefined>> }
          : unknown extends T
            ? unknown
            : null;

/** The keys that JSON writes: neither symbols nor what has a value it leaves out. */
type Spoken<Key, Value> = Key extends symbol ? never : [Value] extends [Unspoken] ? never : Key;
