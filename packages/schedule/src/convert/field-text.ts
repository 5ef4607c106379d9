import { WEEKDAYS } from "../dialects/cron.ts";
import { runsOf, stepOf } from "./field-values.ts";

/** Of a field of cron: its lowest and highest value, and how one is written. */
export interface Field {
  readonly low: number;
  readonly high: number;
  readonly name?: (value: number) => string;
}

/** Of minutes and of seconds. */
export const SIXTY: Field = { low: 0, high: 59 };
export const HOUR: Field = { low: 0, high: 23 };
export const DATE: Field = { low: 1, high: 31 };
export const MONTH: Field = { low: 1, high: 12 };
export const WEEKDAY: Field = { low: 0, high: 6 };
/** Where Sunday is 1, names keep whoever reads it from counting wrong. */
export const NAMED_WEEKDAY: Field = {
  ...WEEKDAY,
  name: (day) => (WEEKDAYS[day] ?? "").toUpperCase(),
};
export const YEAR: Field = { low: 1970, high: 2199 };

/** As somebody would write it: `*`, a step, or ranges and single values. */
export function natural(values: readonly number[], field: Field): string {
  const { low, high } = field;
  if (values.length === high - low + 1) return "*";
  const step = stepOf(values);
  const named = field.name !== undefined;
  if (step === null || values.length < 3 || named) return listed(values, field);
  const [first = low, last = high] = [values[0], values.at(-1)];
  const toEnd = last + step > high;
  if (first === low && toEnd) return `*/${step}`;
  return values.length > 3 ? `${first}-${toEnd ? high : last}/${step}` : listed(values, field);
}

/** The same set, not begun with a star. */
export function unstarred(values: readonly number[], field: Field): string {
  const text = natural(values, field);
  return text.replace(/^\*/, `${field.low}-${field.high}`);
}

/** The same set, begun with a star; `null` where it lacks the lowest value, which a star has. */
export function starred(values: readonly number[], field: Field): string | null {
  const { low, high } = field;
  const text = natural(values, field);
  if (text.startsWith("*")) return text;
  const [first, second, ...others] = values;
  if (first !== low) return null;
  const step = second === undefined ? high - low + 1 : second - first;
  const last = second ?? first;
  if (others.length === 0 && last + step > high) return `*/${step}`;
  return [`*/${high - low + 1}`, listed(values.slice(1), field)].join();
}

/** Ranges and single values. */
export function listed(values: readonly number[], { name = String }: Field): string {
  return runsOf(values)
    .map(([from, to]) => (from === to ? name(from) : `${name(from)}-${name(to)}`))
    .join(",");
}
