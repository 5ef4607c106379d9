import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { dateText } from "../civil.ts";
import { dayAt, startOf } from "../local-time.ts";
import { parse, type Schedule } from "../schedule.ts";
import { union } from "../union.ts";
import { instantOfLocal, type Zone, zoneOf } from "../zone.ts";
import { type Days, daySetOf } from "./days.ts";
import { on } from "./on.ts";

const DAY = 86_400_000;
const MOST_DAYS = 31;
type Way = "next" | "previous";

/** Half a year of a zone with an uncommon change of its clock: over midnight, of a day, of hours. */
const STRETCHES = [
  ["UTC", "2026-01-01"],
  ["America/St_Johns", "2010-09-01"],
  ["America/St_Johns", "2011-01-10"],
  ["America/Nuuk", "2025-01-01"],
  ["Pacific/Apia", "2011-10-01"],
  ["Antarctica/Casey", "2009-12-01"],
  ["Africa/Cairo", "2014-03-01"],
  ["Europe/London", "2026-08-01"],
] as const;

interface Case {
  readonly zone: Zone;
  readonly base: Schedule;
  readonly days: Days;
  readonly from: number;
  readonly to: number;
}

const cases: fc.Arbitrary<Case> = fc
  .record({
    stretch: fc.constantFrom(...STRETCHES),
    expressions: fc.uniqueArray(
      fc.constantFrom(
        "cron 30 23 * * *",
        "cron 0 0 1,15 * *",
        "cron */20 22-23,0-3 * * 6,0",
        "cron 0 9 1 */3 *",
        "every 397m",
        "every 30h",
      ),
      { minLength: 1, maxLength: 2 },
    ),
    offsets: fc.uniqueArray(fc.integer({ min: -60, max: 240 }), { minLength: 1, maxLength: 25 }),
    weekly: fc.option(fc.constantFrom("mon-fri", "sat,sun", "mon,sat")),
  })
  .map(({ stretch: [timeZone, start], expressions, offsets, weekly }) => {
    const from = Date.parse(start);
    const parts = expressions.map((text) => {
      const dialect = text.startsWith("cron") ? "unix" : "every";
      return parse(text.slice(text.indexOf(" ") + 1), { dialect, timeZone });
    });
    const days: Days =
      weekly === null
        ? { dates: offsets.map((offset) => dateText(from / DAY + offset)) }
        : { weekdays: weekly };
    return { zone: zoneOf(timeZone), base: union(parts), days, from, to: from + 180 * DAY };
  });

/** Every occurrence of the base, and where it goes, one by one. */
function bruteForce({ zone, base, days, from, to }: Case, way: Way): readonly number[] {
  const set = daySetOf(days);
  const members = new Set<number>();
  const end = to / DAY + 80;
  for (let day = set.firstDay(from / DAY - 80); day < end; day = set.firstDay(day + 1))
    members.add(day);
  const step = way === "next" ? 1 : -1;
  const found = new Set<number>();
  for (const at of base.between(from - 40 * DAY, to + 40 * DAY)) {
    const own = dayAt(zone, at);
    let day = own;
    const isThere = (): boolean => members.has(day) && startOf(zone, day) < startOf(zone, day + 1);
    while (!isThere() && Math.abs(day - own) <= MOST_DAYS) day += step;
    if (Math.abs(day - own) > MOST_DAYS) continue;
    const local = at + zone.spanAt(at).offsetMs;
    const ofDay = local - Math.floor(local / DAY) * DAY;
    found.add(day === own ? at : instantOfLocal(zone, day * DAY + ofDay));
  }
  return [...found].filter((at) => at >= from && at < to).sort((a, b) => a - b);
}

describe("a schedule that moves to other days", () => {
  for (const way of ["next", "previous"] as const) {
    it(`goes to the ${way} where each occurrence by itself would`, () => {
      const property = fc.property(cases, fc.nat(180 * 24), (one, hours) => {
        const { base, days, from, to } = one;
        const expected = bruteForce(one, way);
        let moved: Schedule;
        try {
          moved = on(base, days, { otherwise: way });
        } catch {
          return expected.length === 0;
        }
        assert.deepEqual([...moved.between(from, to)], expected);
        const backwards: number[] = [];
        for (let at = moved.previous(to); at !== null && at >= from; at = moved.previous(at)) {
          backwards.unshift(at);
        }
        assert.deepEqual(backwards, expected);
        const middle = from + hours * 3_600_000;
        const before = expected.filter((at) => at < middle).length;
        assert.equal(moved.count(from, middle), before);
        assert.equal(moved.count(middle, to), expected.length - before);
        assert.equal(moved.next(middle - 0.5) ?? to, expected[before] ?? moved.next(to - 1) ?? to);
        return true;
      });
      fc.assert(property, { numRuns: 120 });
    });
  }

  it("never goes further than 31 days, nor to a day that is none of them", () => {
    const base = parse("0 9 1 2,6,12 *");
    const back = on(base, { dates: ["01-01", "04-01"] }, { otherwise: "previous" });
    assert.equal(back.next(Date.parse("2026-01-01T10:00Z")), Date.parse("2027-01-01T09:00Z"));
    const on20th = on(base, { dates: ["12-20", "09-01"] }, { otherwise: "next" });
    assert.equal(on20th.previous(Date.parse("2025-12-20")), Date.parse("2024-12-20T09:00Z"));
  });

  it("keeps the time of day of what comes after midnight and is set back before it", () => {
    // 2010-11-07: at 00:01 the clock goes back to 23:01 of the Saturday.
    const base = parse("45m", { dialect: "every", timeZone: "America/St_Johns" });
    const moved = on(base, { weekdays: "mon" }, { otherwise: "next" });
    const [from, to] = [Date.parse("2010-11-02T12:00Z"), Date.parse("2010-11-08T03:29Z")];
    assert.deepEqual([...moved.between(from, to)], []);
  });

  it("counts once what a gap at the end of a day drives to the next", () => {
    // 2025-03-29, a Saturday: after 23:00 comes the Sunday.
    const base = parse("30 23 * * *", { timeZone: "America/Nuuk" });
    const moved = on(base, { weekdays: "sat,sun" }, { otherwise: "next" });
    const [from, sunday, to] = ["2025-03-28T12:00Z", "2025-03-30T01:00Z", "2025-04-03"].map(
      Date.parse,
    );
    const found = [...moved.between(from ?? 0, to ?? 0)].map((at) => new Date(at).toISOString());
    assert.deepEqual(found, ["2025-03-30T01:00:00.000Z", "2025-03-31T00:30:00.000Z"]);
    assert.equal(moved.count(from ?? 0, to ?? 0), 2);
    assert.equal(moved.count(sunday ?? 0, to ?? 0), 2);
    assert.equal(moved.count(from ?? 0, sunday ?? 0), 0);
  });

  it("is reckoned, not walked through, where days have the same times", () => {
    const timeZone = "Europe/London";
    const moved = on(parse("* * * * *", { timeZone }), { weekdays: "mon" }, { otherwise: "next" });
    const [from, to] = [Date.parse("2027-01-01T00:00Z"), Date.parse("2028-01-01T00:00Z")];
    assert.equal(moved.count(from, to), 52 * 1440);
    const secondly = parse("1s", { dialect: "every" });
    const monthly = on(secondly, { nth: 1 }, { otherwise: "next" });
    const [first, second] = monthly.between(Date.parse("2027-02-01"), Number.POSITIVE_INFINITY);
    assert.deepEqual(
      [first, second],
      [from, from + 1000].map((at) => at + 31 * DAY),
    );
  });
});
