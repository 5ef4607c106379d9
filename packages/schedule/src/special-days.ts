/** A day that each month has elsewhere: what `L`, `W` and `#` name. */
export type SpecialDay =
  /** `L-3`: so many days before the last; `L-3W`: the weekday nearest to it. */
  | { readonly kind: "last"; readonly before: number; readonly nearest: boolean }
  /** `15W`: the day from Monday to Friday that is nearest to a day. */
  | { readonly kind: "nearest"; readonly day: number }
  /** `6#3`; 0 is Sunday. */
  | { readonly kind: "nth"; readonly weekday: number; readonly nth: number }
  /** `6L`; 0 is Sunday. */
  | { readonly kind: "last-weekday"; readonly weekday: number };

const SATURDAY = 6;
const SUNDAY = 0;

/** Whether it is written in the field of the weekdays, else in that of the days of the month. */
export function isOfWeekday(special: SpecialDay): boolean {
  return special.kind === "nth" || special.kind === "last-weekday";
}

/**
 * The day of a month, as a bit (bit 0 is day 1), and 0 where it has none.
 * @param length days of the month. @param weekday the day on which it begins, 0 for Sunday.
 */
export function specialDay(special: SpecialDay, length: number, weekday: number): number {
  const day = dayOfMonth(special, length, weekday);
  return day >= 1 && day <= length ? 1 << (day - 1) : 0;
}

function dayOfMonth(special: SpecialDay, length: number, weekday: number): number {
  if (special.kind === "nth") return firstOf(special.weekday, weekday) + (special.nth - 1) * 7;
  if (special.kind === "last-weekday") {
    const first = firstOf(special.weekday, weekday);
    return first + Math.floor((length - first) / 7) * 7;
  }
  if (special.kind === "nearest") return nearestTo(special.day, length, weekday);
  const day = length - special.before;
  return special.nearest && day >= 1 ? nearestTo(day, length, weekday) : day;
}

function firstOf(wanted: number, weekday: number): number {
  return 1 + ((wanted - weekday + 7) % 7);
}

/**
 * It never leaves the month. A day that the month lacks is one of the next, as Quartz has it: 31W is
 * Friday 30 June where 1 July is a Saturday.
 */
function nearestTo(day: number, length: number, weekday: number): number {
  const found = (weekday + day - 1) % 7;
  if (found === SATURDAY) return day === 1 ? 3 : day - 1;
  if (found === SUNDAY) return day === length ? day - 2 : day + 1;
  return day;
}
