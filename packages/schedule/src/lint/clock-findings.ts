import { dateText, MINUTES_PER_DAY } from "../civil.ts";
import { type ClockChange, clockChanges, type WallClock } from "../clock-changes.ts";
import { type Finding, finding, type Written } from "../finding.ts";
import { clockOf, list, outcome, stretch } from "../words/english.ts";

/** What the coming clock changes of the zone do to a schedule; `place` is where its hours stand. */
export function clockFindings(wall: WallClock, place: Written, from: number): Finding[] {
  const changes = clockChanges(wall, from);
  // Changes of the same hours are one finding with several dates.
  const alike = Map.groupBy(changes, (change) => `${change.then} ${hoursOf(change)}`);
  const kinds = [...alike.values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : [{ first, all: [first, ...others] }],
  );
  return (["gap", "overlap"] as const).flatMap((kind) =>
    kinds
      .filter(({ first }) => first.kind === kind)
      .map(({ first, all }) => changeFinding(first, list(all.map(dayOf)), place)),
  );
}

function changeFinding(change: ClockChange, dates: string, place: Written): Finding {
  const { kind, then, madeUpMinute } = change;
  const what = outcome(then, false, clockOf(madeUpMinute));
  const hours = hoursOf(change);
  if (kind === "gap") {
    const message = `the clock skips ${hours} on ${dates}: ${what}`;
    return finding("dst-gap", "warning", message, place);
  }
  const message = `the clock shows ${hours} twice on ${dates}: ${what}`;
  return finding("dst-overlap", then === "both" ? "warning" : "info", message, place);
}

function hoursOf({ fromMinute, toMinute }: ClockChange): string {
  return stretch(clockOf(fromMinute), clockOf(toMinute));
}

function dayOf({ fromMinute }: ClockChange): string {
  return dateText(Math.floor(fromMinute / MINUTES_PER_DAY));
}
