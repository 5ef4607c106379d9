import { valuesOf } from "../bits.ts";
import { list, ordinal, weekdays as weekdayNames } from "../words/english.ts";
import { isRule } from "./dates.ts";
import { ALL_WEEKDAYS, type Days, readWeekdays } from "./days.ts";

/** More dates than these are counted, not told. */
const MOST_TOLD = 3;

/** `Monday to Friday but not on 8 dates`. */
export function daysWords({ weekdays, dates, except, nth }: Days): string {
  const bits = weekdays === undefined ? ALL_WEEKDAYS : readWeekdays(weekdays);
  const named = bits === ALL_WEEKDAYS ? "" : weekdayNames(valuesOf(bits, 0));
  const among = [named, dates === undefined ? "" : datesWords(dates)]
    .filter((words) => words !== "")
    .join(" among ");
  const but = except === undefined ? "" : ` but not on ${exceptWords(except)}`;
  if (nth === undefined) return `${among || "all days"}${but}`;
  const which = `the ${list([nth].flat().map(nthWords))}`;
  return `${which} of each month's ${among || "days"}${but}`;
}

/** What is itself but for other days is put in brackets: it would be read as one list. */
function exceptWords(days: Days): string {
  const words = daysWords(days);
  return days.except === undefined ? words : `(${words})`;
}

function datesWords(dates: readonly string[]): string {
  const rules = dates.filter(isRule).length;
  const plain = dates.filter((text) => !isRule(text));
  const parts: string[] = [];
  if (plain.length > MOST_TOLD) parts.push(`${plain.length} dates`);
  else parts.push(...plain.map((text) => text.trim().replace("/", " to ")));
  if (rules > 0) parts.push(`the days of ${rules === 1 ? "a rule" : `${rules} rules`}`);
  return parts.length === 0 ? "no date" : parts.join(", ");
}

function nthWords(nth: number): string {
  const place = Math.abs(nth);
  const name = ["first", "second", "third"][place - 1] ?? ordinal(place);
  if (nth > 0) return name;
  return place === 1 ? "last" : `${name} from the end`;
}
