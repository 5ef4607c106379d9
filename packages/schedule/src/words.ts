import type { Calendar } from "./calendar.ts";
export function calendarWords(_calendar: Calendar): string {
  return "?";
}
