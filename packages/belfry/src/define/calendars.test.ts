import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compile } from "../core/schedule.ts";
import type { LoadedTask } from "./load.ts";
import { loaded } from "./project.fixture.ts";

const CHRISTMAS = Date.UTC(2026, 11, 25);
const ICS = [
  "BEGIN:VCALENDAR",
  "BEGIN:VEVENT",
  "DTSTART;VALUE=DATE:20261225",
  "END:VEVENT",
  "END:VCALENDAR",
].join("\r\n");
const CALENDARS = `
tasks: ["tasks/**/*"]
calendars:
  bank: { file: holidays/bank.ics }
  closed: ["2026-12-24", "2026-12-28/2026-12-29"]
  business: { weekdays: mon-fri, except: bank }
`;

function nextOf(task: LoadedTask | undefined): string {
  const [schedule] = task?.definition.schedules ?? [];
  const next = compile(schedule?.parts ?? [], "seed").next(CHRISTMAS - 1);
  return next === null ? "never" : new Date(next).toISOString().slice(0, 16);
}

describe("the days of a schedule", () => {
  it("are those of calendars that the configuration names", async () => {
    const { tasks, problems } = await loaded({
      "belfry.yaml": CALENDARS,
      "holidays/bank.ics": ICS,
      "tasks/a.yaml": `tasks:
  a: { schedule: { cron: "0 9 * * *", except: bank }, shell: "true" }
  b: { schedule: { cron: "0 9 * * *", on: { weekdays: mon-fri, except: closed } }, shell: "true" }
  c: { schedule: { cron: "0 9 25 * *", on: business, otherwise: next }, shell: "true" }
  d: { schedule: { every: 1h, during: "22:00-06:00", on: [ "2026-12-31" ] }, shell: "true" }
  e: { schedule: { cron: "30 17 * * *", on: { weekdays: mon-fri, nth: -1 } }, shell: "true" }`,
    });
    assert.equal(problems.length, 4, "one for each list that ends within 60 days");
    for (const problem of problems) assert.match(problem, /^warning .*its list of dates ends on/);
    assert.deepEqual(tasks.map(nextOf), [
      "2026-12-26T09:00",
      "2026-12-25T09:00",
      "2026-12-28T09:00",
      "2026-12-31T00:00",
      "2026-12-31T17:30",
    ]);
  });

  it("may be given in code, and are a part of the definition", async () => {
    const task = (date: string): Promise<LoadedTask | undefined> =>
      loaded({
        "tasks/a.ts": `export const a = task("a", {
          schedule: cron("0 9 * * *", { except: ["${date}"] }), run: () => {} });`,
      }).then(({ tasks }) => tasks[0]);
    const [one, other] = await Promise.all([task("2026-12-25"), task("2026-12-26")]);
    assert.equal(nextOf(one), "2026-12-26T09:00");
    assert.notEqual(one?.hash, other?.hash);
    assert.deepEqual(one?.definition.schedules[0]?.parts[0]?.on, {
      except: { dates: ["2026-12-25"] },
    });
  });

  it("that cannot be had refuse the tasks that name them, and no others", async () => {
    const { names, problems } = await loaded({
      "belfry.yaml": `${CALENDARS}  gone: { file: gone.ics }\n`,
      "holidays/bank.ics": ICS.replace("20261225", "20261325"),
      "tasks/a.yaml": `tasks:
  a: { schedule: { cron: "0 9 * * *", except: bank }, shell: "true" }
  b: { schedule: { cron: "0 9 * * *", except: closd }, shell: "true" }
  c: { schedule: { cron: "0 9 * * *", on: gone }, shell: "true" }
  d: { schedule: { cron: "0 9 * * *", on: { weekdays: mon-fry } }, shell: "true" }
  e: { schedule: { cron: "0 9 * * *", on: [ "2026-02-30" ] }, shell: "true" }
  f: { schedule: { cron: "0 9 * * *", on: closed, except: bank }, shell: "true" }
  g: { schedule: { cron: "0 9 * * *", otherwise: next }, shell: "true" }
  h: { schedule: { cron: "0 9 * * *", during: "9-17" }, shell: "true" }
  i: { schedule: { cron: "0 9 * * 6", on: { weekdays: mon-fri } }, shell: "true" }
  j: { schedule: { cron: "0 9 * * *", except: closed }, shell: "true" }`,
    });
    assert.deepEqual(names, ["j"]);
    const said = problems.map((problem) => problem.replace(/^error tasks\/a\.yaml:\d+: /, ""));
    assert.match(said[0] ?? "", /^a\.schedule\.except: the calendar "bank" .*bank\.ics: line 3: /);
    assert.match(said[1] ?? "", /^b\.schedule\.except: .*did you mean "closed"/);
    assert.match(
      said[2] ?? "",
      /^c\.schedule\.on: the calendar "gone" cannot be read: gone\.ics: /,
    );
    assert.match(said[3] ?? "", /^d\.schedule\.on: "mon-fry" names no weekdays/);
    assert.match(said[4] ?? "", /^e\.schedule\.on: there is no date "2026-02-30"/);
    assert.match(said[5] ?? "", /^f\.schedule\.except: stands beside on/);
    assert.match(said[6] ?? "", /^g\.schedule\.otherwise: has nothing to go by/);
    assert.match(said[7] ?? "", /^h\.schedule\.during: "9-17" is no window/);
    assert.match(said[8] ?? "", /^i\.schedule: never occurs: it is never on Monday to Friday/);
  });
});
