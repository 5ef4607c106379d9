import fc from "fast-check";
import type { Dialect } from "./schedule.ts";

/*
 * Expressions as they come to mind to nobody, most of them nearly right.
 */

const value = fc.oneof(fc.nat({ max: 61 }).map(String), fc.constantFrom("MON", "sun", "JAN", "L"));
const item = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("*", "?", "0", "1", "30") },
  value,
  fc.tuple(value, value).map(([low, high]) => `${low}-${high}`),
  fc.tuple(fc.constantFrom("*", "5", "2-9"), fc.nat({ max: 70 })).map((pair) => pair.join("/")),
  fc.nat({ max: 32 }).map((day) => `${day}W`),
  fc.nat({ max: 32 }).map((day) => `L-${day}W`),
  fc.tuple(fc.nat({ max: 8 }), fc.nat({ max: 6 })).map((pair) => pair.join("#")),
  fc.nat({ max: 8 }).map((day) => `${day}L`),
  fc.tuple(fc.nat({ max: 60 }), fc.nat({ max: 60 })).map((pair) => pair.join("~")),
  fc.integer({ min: 1965, max: 2205 }).map(String),
);
const field = fc.array(item, { minLength: 1, maxLength: 3 }).map((items) => items.join(","));
const fields = fc
  .array(fc.oneof({ weight: 3, arbitrary: item }, field), { minLength: 4, maxLength: 8 })
  .map((parts) => parts.join(" "));
const duration = fc
  .tuple(fc.nat(), fc.constantFrom("s", "m", "h", "d", "ms", "h1m", "µs"))
  .map((parts) => parts.join(""));
const cron = fc.oneof(
  { weight: 6, arbitrary: fields },
  fields.map((inner) => `cron(${inner})`),
  duration.map((inner) => `@every ${inner}`),
  fc
    .tuple(fc.nat(), fc.constantFrom("minute", "hours", "days"))
    .map((parts) => `rate(${parts.join(" ")})`),
  fc.constantFrom("@daily", "@DAILY", "TZ=UTC 0 0 * * *", "@every", "at()", "rate()", "cron()"),
);

const list = (item: fc.Arbitrary<unknown>): fc.Arbitrary<string> =>
  fc.array(item, { minLength: 1, maxLength: 3 }).map((items) => items.join(","));
const upTo = (high: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: high });
const signed = (high: number): fc.Arbitrary<number> => fc.integer({ min: -high, max: high });
/** Numbers small and large: what is counted by them must not take as long. */
const size = fc.oneof(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 1_000_000_000 }));
const two = (high: number): fc.Arbitrary<string> => upTo(high).map((n) => `${n}`.padStart(2, "0"));
const year = fc.oneof(
  { weight: 3, arbitrary: fc.constant("2026") },
  upTo(9999).map((n) => `${n}`.padStart(4, "0")),
);

const weekday = fc
  .tuple(
    fc.constantFrom("", "", "1", "-1", "5", "53"),
    fc.constantFrom(..."MO TU WE FR SU".split(" ")),
  )
  .map((parts) => parts.join(""));
const date = fc.tuple(year, two(13), two(31)).map((parts) => parts.join(""));
const time = fc
  .tuple(date, two(24), two(59), fc.constantFrom("00", "30", "60"), fc.constantFrom("", "", "Z"))
  .map(([day, hour, minute, second, end]) => `${day}T${hour}${minute}${second}${end}`);
const moment = fc.oneof({ weight: 4, arbitrary: time }, date);
const frequency = fc.constantFrom(
  ..."YEARLY MONTHLY WEEKLY DAILY HOURLY MINUTELY SECONDLY".split(" "),
);
const part = fc.oneof(
  size.map((n) => `INTERVAL=${n}`),
  size.map((n) => `COUNT=${n}`),
  moment.map((end) => `UNTIL=${end}`),
  weekday.map((day) => `WKST=${day}`),
  list(upTo(13)).map((months) => `BYMONTH=${months}`),
  list(signed(54)).map((weeks) => `BYWEEKNO=${weeks}`),
  list(signed(367)).map((days) => `BYYEARDAY=${days}`),
  list(signed(32)).map((days) => `BYMONTHDAY=${days}`),
  { weight: 2, arbitrary: list(weekday).map((days) => `BYDAY=${days}`) },
  list(upTo(24)).map((hours) => `BYHOUR=${hours}`),
  list(upTo(60)).map((minutes) => `BYMINUTE=${minutes}`),
  list(upTo(61)).map((seconds) => `BYSECOND=${seconds}`),
  list(signed(367)).map((positions) => `BYSETPOS=${positions}`),
);
const rule = fc
  .tuple(frequency, fc.array(part, { maxLength: 4 }))
  .map(([name, parts]) => [`FREQ=${name}`, ...parts].join(";"));
const dates = fc
  .tuple(fc.constantFrom("RDATE", "EXDATE", "EXRULE"), list(moment))
  .map(([name, values]) => `${name}:${values}`);
const event = fc
  .tuple(
    fc.oneof(
      { weight: 3, arbitrary: moment.map((start) => `DTSTART:${start}`) },
      moment.map((start) => `DTSTART;TZID=Africa/Cairo:${start}`),
      fc.constant(""),
    ),
    rule.map((value) => `RRULE:${value}`),
    fc.oneof({ weight: 3, arbitrary: fc.constant("") }, dates),
  )
  .map((lines) => lines.join("\n"));

const calendarItem = fc.oneof(
  { weight: 2, arbitrary: fc.constant("*") },
  upTo(61).map(String),
  fc.tuple(upTo(31), upTo(61)).map((pair) => pair.join("..")),
  fc.tuple(fc.constantFrom("0", "1", "5", "0..30"), upTo(40)).map((pair) => pair.join("/")),
  fc.tuple(upTo(59), upTo(9999)).map((pair) => pair.join(".")),
);
const calendarPart = fc.oneof({ weight: 3, arbitrary: calendarItem }, list(calendarItem));
const specification = fc
  .tuple(
    fc.constantFrom("", "", "Mon ", "Mon..Fri ", "Sat,sunday ", "Sun..Tue "),
    fc.oneof(fc.constantFrom("", "*", "2027", "2024..2032/4"), upTo(2300).map(String)),
    calendarPart,
    fc.constantFrom("-", "-", "~", "~0"),
    calendarPart,
    fc.array(calendarPart, { maxLength: 3 }).map((parts) => parts.join(":")),
    fc.constantFrom("", "", " UTC", " Europe/Dublin", " europe/dublin"),
  )
  .map(([days, years, months, joint, day, clock, zone]) =>
    [days, years === "" ? "" : `${years}-`, months, joint, day, clock && ` ${clock}`, zone].join(
      "",
    ),
  );

const length = fc
  .array(
    fc.tuple(size, fc.constantFrom(..."YMWDTHMS".split(""))).map((pair) => pair.join("")),
    {
      minLength: 1,
      maxLength: 3,
    },
  )
  .map((parts) => `P${parts.join("")}`);
const isoTime = fc.oneof(
  fc
    .tuple(year, two(13), two(31), two(24), two(59), fc.constantFrom("", "Z", "+05:30", "-11"))
    .map(([y, month, day, hour, minute, end]) => `${y}-${month}-${day}T${hour}:${minute}${end}`),
  fc.tuple(year, two(54), upTo(8)).map((parts) => parts.join("-W")),
  fc.tuple(year, upTo(367)).map((parts) => parts.join("-")),
);
const isoInterval = fc
  .tuple(
    fc.oneof(
      fc.constantFrom("R", "R0", "R1"),
      size.map((n) => `R${n}`),
    ),
    fc.oneof(isoTime, length),
    fc.oneof(isoTime, { weight: 2, arbitrary: length }),
  )
  .map((parts) => parts.join("/"));

const OWN: Readonly<Partial<Record<Dialect, fc.Arbitrary<string>>>> = {
  systemd: fc.oneof(
    { weight: 6, arbitrary: specification },
    fc.constantFrom("daily", "Weekly", "@0", "@1767225600"),
  ),
  rrule: fc.oneof({ weight: 4, arbitrary: event }, rule),
  interval: isoInterval,
};

/** Texts for a dialect: mostly in its form, some in the form of others, some in none. */
export function expressionsFor(dialect: Dialect): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 12, arbitrary: OWN[dialect] ?? cron },
    fc.oneof(cron, event, specification, isoInterval),
    fc.string({ unit: "binary", maxLength: 300 }),
    fc.string({ unit: fc.constantFrom(..."*/-,?LW#~@()0123456789 \t"), maxLength: 300 }),
    fc.string({ unit: fc.constantFrom(..."*/-,~.:=;PTRZMOFREQ0123456789 \n"), maxLength: 300 }),
  );
}
