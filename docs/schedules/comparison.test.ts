import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  DIALECT_NAMES,
  type Dialect,
  localInstant,
  parse,
  type Schedule,
  ScheduleError,
} from "../../packages/schedule/src/index.ts";
import { readPages } from "../pages.fixture.ts";
import { nextWords, tablesOf } from "./examples.fixture.ts";

/*
 * The README of the package sets the dialects side by side. Most of its cells are what `parse` answers
 * to the expressions here, which ask the same of each dialect.
 */

/** Each in New York; a dialect that has no form for something lacks it. */
interface Questions {
  /** 02:30 each day, which the clock skips on 8 March 2026. */
  readonly gap: string;
  /** 01:30 each day, which it shows twice on 1 November. */
  readonly overlap: string;
  /** The 13th and Friday. */
  readonly days?: string;
  /** Sundays, with `N` for the number. */
  readonly sunday?: string;
  /** From minute 5 on, each 15. */
  readonly step?: string;
  /** From 22:00 over midnight. */
  readonly wrapped?: string;
  /** 1 January of each year, from the first that it knows. */
  readonly yearly?: string;
}

const CRON: Questions = {
  gap: "30 2 * * *",
  overlap: "30 1 * * *",
  days: "0 0 13 * 5",
  sunday: "0 0 * * N",
  step: "5/15 * * * *",
  wrapped: "0 22-2 * * *",
  yearly: "0 0 1 1 *",
};
const AWS: Questions = {
  gap: "cron(30 2 * * ? *)",
  overlap: "cron(30 1 * * ? *)",
  days: "cron(0 0 13 * 6 *)",
  sunday: "cron(0 0 ? * N *)",
  step: "cron(5/15 * * * ? *)",
  wrapped: "cron(0 22-2 * * ? *)",
  yearly: "cron(0 0 1 1 ? *)",
};
const QUESTIONS: Readonly<Record<Dialect, Questions>> = {
  unix: CRON,
  kubernetes: CRON,
  gcp: CRON,
  ncrontab: {
    gap: "0 30 2 * * *",
    overlap: "0 30 1 * * *",
    days: "0 0 0 13 * 5",
    sunday: "0 0 0 * * N",
    step: "0 5/15 * * * *",
    wrapped: "0 0 22-2 * * *",
    yearly: "0 0 0 1 1 *",
  },
  quartz: {
    gap: "0 30 2 * * ?",
    overlap: "0 30 1 * * ?",
    days: "0 0 0 13 * 6",
    sunday: "0 0 0 ? * N",
    step: "0 5/15 * * * ?",
    wrapped: "0 0 22-2 * * ?",
    yearly: "0 0 0 1 1 ?",
  },
  aws: AWS,
  "aws-rules": AWS,
  every: { gap: "1d", overlap: "1d" },
  at: { gap: "2026-03-08T02:30", overlap: "2026-11-01T01:30" },
  systemd: {
    gap: "02:30",
    overlap: "01:30",
    days: "Fri *-*-13",
    sunday: "N *-*-*",
    step: "*:5/15",
    wrapped: "22..2:00",
    yearly: "*-01-01",
  },
  rrule: {
    gap: "DTSTART:20260101T023000\nRRULE:FREQ=DAILY",
    overlap: "DTSTART:20260101T013000\nRRULE:FREQ=DAILY",
    days: "DTSTART:20260101T000000\nRRULE:FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR",
    sunday: "DTSTART:20260101T000000\nRRULE:FREQ=WEEKLY;BYDAY=N",
    yearly: "DTSTART:19000101T000000\nRRULE:FREQ=YEARLY",
  },
  interval: {
    gap: "R/2026-01-01T02:30/P1D",
    overlap: "R/2026-01-01T01:30/P1D",
    yearly: "R/1900-01-01T00:00/P1Y",
  },
};
const SUNDAYS = ["0", "1", "7", "Sun", "SU"];
const NONE = "–";
const NEW_YORK = "America/New_York";

type Ask = (expression: string) => Schedule | null;

const DAY_MS = 86_400_000;
const SHOWINGS: ReadonlyMap<string, string> = new Map([
  ["01:30-04:00", "first"],
  ["01:30-05:00", "last"],
  ["01:30-04:00, 01:30-05:00", "both"],
]);

/** What becomes of a time in the night of a clock change. */
function inNight(schedule: Schedule, zone: string, date: string): string {
  const midnight = localInstant(`${date}T00:00`, zone);
  const due = schedule.count(midnight, localInstant(`${date}T12:00`, zone));
  if (due === 0) return "lost";
  const times = nextWords(schedule, zone, midnight, due).replace(`Sun ${date} `, "");
  return SHOWINGS.get(times) ?? times;
}

/** Whether it comes each 24 hours also where a day of the clock has 23. */
function isElapsed(schedule: Schedule): boolean {
  const first = schedule.next(Date.UTC(2026, 2, 7)) ?? 0;
  const second = schedule.next(first);
  return second === first + DAY_MS && schedule.next(second) === first + 2 * DAY_MS;
}

function dayRule(schedule: Schedule | null): string {
  if (schedule === null) return "one is `?`";
  const due = nextWords(schedule, "UTC", Date.UTC(2026, 1, 1), 2);
  return due.startsWith("Fri 2026-02-13") ? "both" : "either";
}

/** The cells of a dialect, by their column. */
function cellsOf(dialect: Dialect): Record<string, string> {
  const inZone =
    (timeZone: string): Ask =>
    (expression) => {
      try {
        const anchor = "2026-01-01T12:00Z";
        return parse(expression, { dialect, timeZone, anchor });
      } catch (error) {
        if (error instanceof ScheduleError) return null;
        throw error;
      }
    };
  const { gap, overlap, days, sunday, step, wrapped, yearly } = QUESTIONS[dialect];
  const zone = inZone(NEW_YORK)(gap) === null ? "UTC" : NEW_YORK;
  const ask = inZone(zone);
  const [inGap, inOverlap, years] = [gap, overlap, yearly ?? ""].map(ask);
  const sundays = SUNDAYS.filter((name) => {
    const first = ask((sunday ?? "").replace("N", name))?.next(Date.UTC(2026, 0, 2, 12));
    return first !== undefined && first === localInstant("2026-01-04T00:00", zone);
  });
  assert.ok(inGap && inOverlap, `${dialect} does not take ${gap} and ${overlap}`);
  const untouched = zone === "UTC" ? NONE : isElapsed(inGap) ? "elapsed" : null;
  return {
    "day fields": days === undefined ? NONE : dayRule(inZone("UTC")(days)),
    Sunday: sundays.join(", ") || NONE,
    "5/15": step === undefined ? NONE : ask(step) === null ? "refused" : "to the end",
    "22-2": wrapped === undefined ? NONE : ask(wrapped) === null ? "refused" : "goes round",
    "02:30 in a gap": untouched ?? inNight(inGap, zone, "2026-03-08"),
    "01:30 in an overlap": untouched ?? inNight(inOverlap, zone, "2026-11-01"),
    years: years ? yearsOf(years) : NONE,
  };
}

function yearsOf(schedule: Schedule): string {
  const ends = [schedule.next(-Infinity), schedule.previous(Infinity)];
  return ends.map((at) => new Date(at ?? Number.NaN).getUTCFullYear()).join("–");
}

describe("the README sets side by side", () => {
  const page = readPages().find(({ path }) => path === "packages/schedule/README.md");
  const table = tablesOf(page?.text ?? "").find(({ header }) => header[0] === "dialect");
  for (const dialect of DIALECT_NAMES) {
    it(`${dialect} as it is`, () => {
      const row = table?.rows.find(([name = ""]) => name.startsWith(`[\`${dialect}\`]`));
      assert.ok(table !== undefined && row !== undefined, "it has no row");
      const cells = cellsOf(dialect);
      const said = Object.keys(cells).map((name) => [name, row[table.header.indexOf(name)]]);
      assert.deepEqual(Object.fromEntries(said), cells);
    });
  }
});
