import { hash } from "node:crypto";

/** Of a hash, as many bits as a number holds exactly. */
const DIGITS = 12;
const SPAN = 16 ** DIGITS;

/** Occurrences of which schedule, and how far the starts are spread. */
export interface Spread {
  /** Id of the schedule. */
  readonly id: string;
  readonly jitterMs: number;
}

/**
 * When an occurrence is to start: at its due instant or, with jitter, up to so much later, but
 * before the next one is due, so that occurrences start in their order.
 *
 * The delay is drawn from the schedule and the instant, by nothing else: SHA-256 of the schedule's
 * id, a NUL and the instant in ms, its first 48 bits as a fraction of the room there is. So every
 * node draws the same, and so does whoever plans it again.
 *
 * @param next the occurrence after it, or null.
 */
export function startOf(spread: Spread, dueAt: number, next: number | null): number {
  const room = Math.min(spread.jitterMs, (next ?? Infinity) - dueAt);
  if (room <= 0) return dueAt;
  const digits = hash("sha256", `${spread.id}\0${dueAt}`).slice(0, DIGITS);
  return dueAt + Math.floor((Number.parseInt(digits, 16) / SPAN) * room);
}
