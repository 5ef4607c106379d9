import type { AuditRow } from "../records.ts";
import { jsonValue } from "../views/json-text.ts";
import { type Diagnosis, doubtful, ok, wrong } from "./diagnosis.ts";
import type { HostFacts } from "./host-facts.ts";
import { durationWords, relativeWords } from "./terminal/time-words.ts";

/** Clocks of one fleet are not the same to the second. */
const TOLERANCE_MS = 5_000;

export function isBehind(highAt: number, now: number): boolean {
  return highAt - now > TOLERANCE_MS;
}

/** Whether this host's clock stands below what the store has seen. */
export function diagnoseClock(highAt: number, now: number): Diagnosis {
  if (!isBehind(highAt, now)) return ok("clock", "It agrees with what the store has seen.");
  const behind = durationWords(highAt - now);
  const message = `This host's clock is ${behind} behind what the store has seen.`;
  const remedy =
    "Set the clock (see `timedatectl`); or, if the store saw a wrong one, `belfry doctor --accept-clock`.";
  return wrong("clock", message, remedy);
}

/** Whether somebody keeps the clock right, where that can be known. */
export function diagnoseTimeService({ timeService }: Pick<HostFacts, "timeService">): Diagnosis[] {
  switch (timeService) {
    case "synchronised":
      return [ok("clock", "This host keeps it synchronised.")];
    case "unsynchronised": {
      const message = "This host does not keep its clock synchronised: it will drift.";
      return [doubtful("clock", message, "timedatectl set-ntp true")];
    }
    case "unknown":
      return [];
  }
}

/** Clocks that jumped lately, as their nodes wrote it down: planning waited for a minute each time. */
export function diagnoseJumps(rows: readonly AuditRow[], now: number): Diagnosis[] {
  return rows.flatMap(({ subject, at, after }) => {
    const written = jsonValue(after);
    if (typeof written !== "object" || written === null || !("jumpMs" in written)) return [];
    const jumpMs = Number(written.jumpMs);
    const way = jumpMs < 0 ? "back" : "forward";
    const far = durationWords(Math.abs(jumpMs));
    const message = `The clock of ${subject} went ${way} by ${far} ${relativeWords(at, now)}.`;
    const remedy = "See what sets it: `timedatectl timesync-status`, or `chronyc tracking`.";
    return [doubtful("clock", message, remedy)];
  });
}
