import {
  CONVERT_DIALECTS,
  type ConvertDialect,
  convert,
  type Schedule,
  ScheduleError,
} from "@belfry/schedule";
import type { Chance } from "../beside-calendars/chance.ts";
import { partingOf, partsElsewhere } from "./compare.ts";

/** What became of one schedule on its way to another dialect and back. */
export type Trip =
  | { readonly end: "converted" }
  | { readonly end: "refused"; readonly reason: string }
  /** A fault: what is wrong with what `convert` did. */
  | { readonly end: "fault"; readonly what: string };

/** Every reason for which `convert` may refuse, by what its message says. */
const REASONS: readonly (readonly [name: string, says: RegExp])[] = [
  ["clock change", /part where the clock is changed/],
  ["offset", /takes no offset such as/],
  ["seconds", /has no seconds/],
  ["fractions", /fractions of seconds/],
  ["years", /has no years/],
  ["special day", /cannot say .* of a month|takes one day such as/],
  ["date and weekday", /a date and a weekday at once/],
  ["date or weekday", /each is enough/],
  ["interval", /cannot say every|counts .* from when it is made there/],
  ["days", /its days are none/],
  ["times", /its times of day are not/],
  ["over", /no occurrence from then on/],
  ["beginning", /it begins at .* is due before/],
  ["end", /it ends at .* goes on/],
  ["length", /longer than 256/],
  ["another rhythm", /due at the same times/],
];

/** There, and, where there is a way, back: each time due at the same instants. */
export function makeTrip(from: Schedule, to: ConvertDialect, at: number, chance: Chance): Trip {
  let there: Schedule;
  try {
    there = convert(from, to, { from: at });
  } catch (error) {
    return refused(from, to, at, chance, error);
  }
  const parting = partingOf(from, there, at, chance);
  if (parting !== null) return parted(there, parting.at, parting.what);
  const home = CONVERT_DIALECTS.find((name) => name === from.dialect);
  if (home === undefined) return { end: "converted" };
  let back: Schedule;
  try {
    back = convert(there, home, { from: at });
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error;
    // The first of a month at midnight may be the last by the clock of UTC, for which unix has no word.
    if (there.timeZone === "UTC" && from.timeZone !== "UTC") return { end: "converted" };
    return { end: "fault", what: `${told(there)} has no way back: ${error.message}` };
  }
  const partingBack = partingOf(from, back, at, chance);
  return partingBack === null
    ? { end: "converted" }
    : parted(back, partingBack.at, partingBack.what);
}

function refused(
  from: Schedule,
  to: ConvertDialect,
  at: number,
  chance: Chance,
  error: unknown,
): Trip {
  if (!(error instanceof ScheduleError) || error.code !== "convert") throw error;
  const { message } = error;
  const reason = REASONS.find(([, says]) => says.test(message))?.[0];
  if (reason === undefined) return { end: "fault", what: `a reason that is unknown: ${message}` };
  // What a dialect said can be said in it again; but for offsets, which only we take for zones.
  if (from.dialect === to && reason !== "offset") {
    return { end: "fault", what: `refused in its own dialect: ${message}` };
  }
  if (reason === "clock change") {
    const near = convert(from, to, { from: at, approximately: true });
    if (partingOf(from, near, at, chance) === null) {
      return { end: "fault", what: `${told(near)} would do, but is refused: ${message}` };
    }
    const elsewhere = partsElsewhere(from, near, at, chance);
    if (elsewhere !== null)
      return parted(near, elsewhere.at, `${elsewhere.what}, far from a change`);
  }
  return { end: "refused", reason };
}

function parted(to: Schedule, at: number, what: string): Trip {
  return { end: "fault", what: `${told(to)} parts: ${what} at ${new Date(at).toISOString()}` };
}

function told({ dialect, expression }: Schedule): string {
  return `${dialect} ${JSON.stringify(expression)}`;
}
