import { offsetAt } from "@belfry/schedule";

/** Changes of an hour, of half, two and three, at midnight, of a whole day; and none at all. */
export const ZONES = [
  "UTC",
  "America/New_York",
  "Europe/London",
  "Australia/Lord_Howe",
  "Antarctica/Troll",
  "America/Sao_Paulo",
  "America/St_Johns",
  "Africa/Casablanca",
  "Africa/Cairo",
  "Asia/Tehran",
  "Asia/Gaza",
  "Pacific/Auckland",
  "Pacific/Apia",
  "Asia/Kolkata",
] as const;

const DAY_MS = 86_400_000;
const FROM_AT = Date.UTC(1990, 0, 1);
const TO_AT = Date.UTC(2038, 0, 1);

/** About when the clock of a zone is changed, 1990 to 2037: to the day. */
export function clockChanges(zone: string): number[] {
  const changes: number[] = [];
  for (let at = FROM_AT; at < TO_AT; at += DAY_MS) {
    if (offsetAt(at, zone) !== offsetAt(at + DAY_MS, zone)) changes.push(at);
  }
  return changes;
}

/** Whether the offset differs between an instant and two days before. */
export function isNearChange(instant: number, zone: string): boolean {
  return offsetAt(instant, zone) !== offsetAt(instant - 2 * DAY_MS, zone);
}
