import { offsetAt } from "@belfry/schedule";
import type { Chance } from "./chance.ts";

const ZONES = [
  "UTC",
  "America/New_York",
  "America/St_Johns",
  "America/Sao_Paulo",
  "America/Havana",
  "America/Caracas",
  "Europe/London",
  "Europe/Dublin",
  "Europe/Moscow",
  "Europe/Istanbul",
  "Africa/Cairo",
  "Africa/Casablanca",
  "Africa/Windhoek",
  "Asia/Kathmandu",
  "Asia/Tehran",
  "Asia/Gaza",
  "Asia/Pyongyang",
  "Australia/Lord_Howe",
  "Antarctica/Troll",
  "Pacific/Apia",
  "Pacific/Auckland",
];
const FROM_AT = Date.UTC(1990, 0, 1);
const TO_AT = Date.UTC(2038, 0, 1);
const DAY_MS = 86_400_000;
const SECOND_MS = 1000;

export interface Moment {
  readonly zone: string;
  /** A whole second. */
  readonly from: number;
}

const changes = new Map<string, readonly number[]>();

/** A zone and a time in it of the years 1990 to 2037, mostly just before a clock change. */
export function drawMoment(chance: Chance): Moment {
  const zone = chance.one(ZONES);
  const known = changes.get(zone) ?? changesOf(zone);
  changes.set(zone, known);
  const nearChange = known.length > 0 && !chance.in(4);
  const around = nearChange ? chance.one(known) : FROM_AT + chance.whole(0, 17_000) * DAY_MS;
  return { zone, from: around - chance.whole(1, 50 * 3600) * SECOND_MS };
}

function changesOf(zone: string): number[] {
  const found: number[] = [];
  for (let at = FROM_AT; at < TO_AT; at += DAY_MS) {
    if (offsetAt(at, zone) === offsetAt(at + DAY_MS, zone)) continue;
    let low = at;
    let high = at + DAY_MS;
    while (high - low > SECOND_MS) {
      const middle = Math.floor((low + high) / 2 / SECOND_MS) * SECOND_MS;
      if (offsetAt(middle, zone) === offsetAt(at, zone)) low = middle;
      else high = middle;
    }
    found.push(high);
  }
  return found;
}
