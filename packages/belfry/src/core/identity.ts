import { hash } from "node:crypto";

/** A schedule is its task and key, for ever: editing its expression changes nothing here. */
export function scheduleId(task: string, key: string): string {
  return hash("sha256", `${task}\0${key}`).slice(0, 32);
}

/**
 * The id of the run that an occurrence makes: 48 bits of its instant, then a hash of the schedule,
 * so that each primary key refuses a second one and ids sort by due instant (UUID version 8).
 */
export function occurrenceId(schedule: string, dueAt: number): string {
  return uuid(dueAt, "8", hash("sha256", `${schedule}\0${dueAt}`));
}

/**
 * The id of any other run: UUID version 7, with the instant from which it may start, its due
 * instant as a rule.
 * @param entropy at least 18 random hexadecimal digits.
 */
export function runId(readyAt: number, entropy: string): string {
  return uuid(readyAt, "7", entropy);
}

/** The id of an incident, made from what opened it: the same cause opens no second one. */
export function incidentId(openedAt: number, cause: string): string {
  return uuid(openedAt, "8", hash("sha256", `incident\0${cause}`));
}

/** Layout of RFC 9562: 48 bits of time, version, 12 bits, variant `10`, 62 bits. */
function uuid(at: number, version: "7" | "8", digits: string): string {
  const time = Math.max(0, at).toString(16).padStart(12, "0");
  const variant = "89ab"[Number.parseInt(digits[3] ?? "0", 16) & 3];
  return (
    `${time.slice(0, 8)}-${time.slice(8)}-${version}${digits.slice(0, 3)}-` +
    `${variant}${digits.slice(4, 7)}-${digits.slice(7, 19).padEnd(12, "0")}`
  );
}
