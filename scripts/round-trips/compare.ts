import { offsetAt, type Schedule } from "@belfry/schedule";
import type { Chance } from "../beside-calendars/chance.ts";

/*
 * Whether two schedules are due at the same instants, asked otherwise than `convert` asks it: how
 * many in all, each around every clock change, and the neighbours of instants at random.
 */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const YEARS_MS = 40 * 365.25 * DAY_MS;
/** Around a change so much is looked at, in pieces. */
const AROUND_MS = 5 * HOUR_MS;
const PIECE_MS = 1_800_000;
/** So many occurrences are compared one by one, without pieces. */
const WALK_MOST = 700;
/** So many occurrences of a piece are compared one by one; of more, how many there are. */
const PIECE_MOST = 40;
const MOMENTS = 24;

/** About an instant: the first one found at which they part. */
export type Parting = { readonly at: number; readonly what: string };

/** @returns `null` where nothing parts them in the forty years from `from`. */
export function partingOf(
  one: Schedule,
  other: Schedule,
  from: number,
  chance: Chance,
): Parting | null {
  const to = from + YEARS_MS;
  for (const change of new Set([...changesOf(one.timeZone), ...changesOf(other.timeZone)])) {
    if (change < from || change >= to) continue;
    const found = around(one, other, Math.max(from, change - AROUND_MS), change + AROUND_MS);
    if (found !== null) return found;
  }
  return atRandom(one, other, from, to, chance) ?? counted(one, other, from, to);
}

/** Whether they part although no clock is changed within three days. */
export function partsElsewhere(
  one: Schedule,
  other: Schedule,
  from: number,
  chance: Chance,
): Parting | null {
  const changes = [...changesOf(one.timeZone), ...changesOf(other.timeZone)];
  for (let moment = 0; moment < MOMENTS; moment++) {
    const at = from + (chance.whole(0, 1_000_000) / 1_000_000) * YEARS_MS;
    if (changes.some((change) => Math.abs(change - at) < 4 * DAY_MS)) continue;
    const found = around(one, other, Math.floor(at), Math.floor(at) + AROUND_MS);
    if (found !== null) return found;
  }
  return null;
}

function counted(one: Schedule, other: Schedule, from: number, to: number): Parting | null {
  const [first, second] = [one.count(from, to), other.count(from, to)];
  return first === second ? null : { at: from, what: "another count in forty years" };
}

function atRandom(
  one: Schedule,
  other: Schedule,
  from: number,
  to: number,
  chance: Chance,
): Parting | null {
  for (let moment = 0; moment < MOMENTS; moment++) {
    const at = from + Math.floor((chance.whole(0, 1_000_000) / 1_000_000) * (to - from));
    const [next, otherNext] = [one.next(at), other.next(at)];
    const inTime = Math.min(next ?? to, otherNext ?? to) < to;
    if (inTime && next !== otherNext) return { at, what: "another next" };
    const [last, otherLast] = [one.previous(at), other.previous(at)];
    const late = Math.max(last ?? from, otherLast ?? from) > from;
    if (late && last !== otherLast) return { at, what: "another previous" };
  }
  return null;
}

function around(one: Schedule, other: Schedule, from: number, to: number): Parting | null {
  const all = one.count(from, to);
  if (all === 0 && other.count(from, to) === 0) return null;
  if (all <= WALK_MOST) {
    const [first, second] = [[...one.between(from, to)], [...other.between(from, to)]];
    const index = Array.from({ length: Math.max(first.length, second.length) }).findIndex(
      (_, each) => first[each] !== second[each],
    );
    if (index === -1) return null;
    const what = first.length === second.length ? "other instants" : "another count";
    return { at: Math.min(first[index] ?? to, second[index] ?? to), what };
  }
  for (let start = from; start < to; start += PIECE_MS) {
    const end = start + PIECE_MS;
    const count = one.count(start, end);
    if (count !== other.count(start, end)) return { at: start, what: "another count" };
    if (count === 0 || count > PIECE_MOST) continue;
    const same = [...one.between(start, end)].join() === [...other.between(start, end)].join();
    if (!same) return { at: start, what: "other instants" };
  }
  return null;
}

const known = new Map<string, readonly number[]>();
const FIRST_AT = Date.UTC(2025, 0, 1);
const LAST_AT = Date.UTC(2072, 0, 1);

/** When the clock of a zone is changed, 2025 to 2071, to the minute. */
function changesOf(zone: string): readonly number[] {
  const found = known.get(zone);
  if (found !== undefined) return found;
  const changes: number[] = [];
  for (let at = FIRST_AT; at < LAST_AT; at += DAY_MS) {
    const before = offsetAt(at, zone);
    if (before === offsetAt(at + DAY_MS, zone)) continue;
    let [low, high] = [at, at + DAY_MS];
    while (high - low > 60_000) {
      const middle = Math.floor((low + high) / 2 / 60_000) * 60_000;
      if (offsetAt(middle, zone) === before) low = middle;
      else high = middle;
    }
    changes.push(high);
  }
  known.set(zone, changes);
  return changes;
}
