import type { CalendarSchedule } from "./calendar-schedule.ts";
import type { Finding } from "./finding.ts";
export function lintUnix(_schedule: CalendarSchedule<"unix">, _from: number): Finding[] {
  return [];
}
