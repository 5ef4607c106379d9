import type { SpecialDay } from "../special-days.ts";
import { type Field, nameIndex } from "./field.ts";

const OF_MONTH = /^(?:L(?:-(\d{1,2}))?|(\d{1,2}))(W?)$/i;
const OF_WEEK = /^(\d|[a-z]{3})?(?:L|#(\d))$/i;
const LONGEST_BEFORE = 30;

/**
 * What an item such as `L-3`, `15W` or `6#3` names, or `null` where it is another, or not one of
 * the forms of the dialect.
 */
export function readSpecialDay(
  text: string,
  field: Field,
  forms: readonly string[],
): SpecialDay | null {
  return field.high === 31 ? ofMonth(text, forms) : ofWeek(text, field, forms);
}

function ofMonth(text: string, forms: readonly string[]): SpecialDay | null {
  const [, before, day, nearest] = OF_MONTH.exec(text) ?? [];
  if (nearest === undefined) return null;
  if (day !== undefined) {
    const wanted = Number(day);
    const valid = nearest !== "" && wanted >= 1 && wanted <= 31;
    return valid ? { kind: "nearest", day: wanted } : null;
  }
  const form = `${before === undefined ? "L" : "L-3"}${nearest.toUpperCase()}`;
  const days = Number(before ?? 0);
  if (!forms.includes(form) || days > LONGEST_BEFORE) return null;
  return { kind: "last", before: days, nearest: nearest !== "" };
}

function ofWeek(text: string, field: Field, forms: readonly string[]): SpecialDay | null {
  const match = OF_WEEK.exec(text);
  if (match === null) return null;
  const [, name, nth] = match;
  const named = name === undefined ? -1 : nameIndex(field, name);
  const weekday = named >= 0 ? named : Number(name ?? Number.NaN) - field.low;
  const known = weekday >= 0 && weekday <= 6;
  if (nth !== undefined) {
    const valid = known && nth >= "1" && nth <= "5";
    return valid ? { kind: "nth", weekday, nth: Number(nth) } : null;
  }
  return known && forms.includes("6L") ? { kind: "last-weekday", weekday } : null;
}
