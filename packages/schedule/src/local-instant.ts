import { MINUTE_MS } from "./civil.ts";
import { instantOfLocal, type Zone } from "./zone.ts";

/**
 * The instant of a local time, where one that the clock skips is read with the offset from before the
 * gap, so that it lies as far after the gap's beginning as it was meant to: RFC 5545 (3.3.5), and
 * `compatible` of Temporal. In an overlap it is the first of the two.
 */
export function shiftedInstant(zone: Zone, localMs: number): number {
  const at = instantOfLocal(zone, localMs);
  const span = zone.spanAt(at);
  const skipped = at + span.offsetMs - localMs;
  return skipped > 0 ? at + span.gapMinutes * MINUTE_MS - skipped : at;
}
