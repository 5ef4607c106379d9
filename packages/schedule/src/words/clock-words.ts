import { type ClockChange, clockChanges, type WallClock } from "../clock-changes.ts";
import { LINT_FROM_AT } from "../finding.ts";
import { checkInstant } from "../occurrences.ts";
import * as say from "./english.ts";

/**
 * What the next clock changes do to a schedule, to be added to its sentence: of those that skip and
 * of those that repeat one of its times, the next. Empty where there are none within two years.
 */
export function clockWords(wall: WallClock, from: number = LINT_FROM_AT): string {
  const changes = clockChanges(wall, checkInstant(from));
  return changes
    .filter((change, index) => changes.findIndex(({ kind }) => kind === change.kind) === index)
    .map(changeWords)
    .join("");
}

function changeWords(change: ClockChange): string {
  const { kind, fromMinute, toMinute, firstMinute, madeUpMinute, then, count, alone } = change;
  const single = count === 1;
  const stretch = say.stretch(say.clockOf(fromMinute), say.clockOf(toMinute));
  const times = alone ? say.THAT_TIME : single ? say.clockOf(firstMinute) : stretch;
  const outcome = say.outcome(then, single, say.clockOf(madeUpMinute));
  return say.changedOn(say.dateOf(fromMinute), times, kind, outcome);
}
