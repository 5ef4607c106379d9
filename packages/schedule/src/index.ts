export type { Days } from "./combine/days.ts";
export { during } from "./combine/during.ts";
export { holidays } from "./combine/holidays.ts";
export { except, type OnOptions, on } from "./combine/on.ts";
export {
  CONVERT_DIALECTS,
  type ConvertDialect,
  type ConvertOptions,
  convert,
} from "./convert/convert.ts";
export { type Difference, firstDifference } from "./convert/difference.ts";
export { type Duration, type DurationUnit, parseDuration } from "./duration.ts";
export { ScheduleError, type ScheduleErrorCode } from "./errors.ts";
export type { Finding } from "./finding.ts";
export { localDate, localInstant, nextMidnight, offsetAt, startOfDay } from "./local-time.ts";
export {
  DIALECT_NAMES,
  type Dialect,
  detect,
  type ParseOptions,
  parse,
  type Schedule,
} from "./schedule.ts";
export {
  type Transition,
  timeZoneOfWindows,
  timeZones,
  transitions,
  windowsTimeZone,
} from "./time-zones.ts";
export { union } from "./union.ts";
export { canonicalTimeZone } from "./zone-names.ts";
