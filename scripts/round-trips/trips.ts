import type { ConvertDialect, Dialect, Schedule } from "@belfry/schedule";
import { Chance } from "../beside-calendars/chance.ts";
import { drawSchedule } from "./expressions.ts";
import { makeTrip } from "./trip.ts";

export interface PairReport {
  readonly converted: number;
  /** How many were refused, by reason. */
  readonly refused: ReadonlyMap<string, number>;
  readonly faults: readonly string[];
}

const FROM_AT = Date.UTC(2026, 0, 1);
const FOUR_YEARS_MINUTES = 4 * 365 * 1440;

/** Random schedules of one dialect, each taken to another and back. */
export function tripsBetween(
  from: Dialect,
  to: ConvertDialect,
  trips: number,
  seed: number,
): PairReport {
  const chance = new Chance(seed);
  const refused = new Map<string, number>();
  const faults: string[] = [];
  let converted = 0;
  for (let trip = 0; trip < trips; trip++) {
    const schedule = drawSchedule(chance, from);
    const at = FROM_AT + chance.whole(0, FOUR_YEARS_MINUTES) * 60_000;
    const result = makeTrip(schedule, to, at, chance);
    if (result.end === "converted") converted++;
    else if (result.end === "fault") faults.push(`${place(schedule, at)}: ${result.what}`);
    else refused.set(result.reason, (refused.get(result.reason) ?? 0) + 1);
  }
  return { converted, refused, faults };
}

function place({ expression, timeZone }: Schedule, at: number): string {
  return `${JSON.stringify(expression)} in ${timeZone} from ${new Date(at).toISOString()}`;
}
