import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { compile } from "../../packages/belfry/src/core/schedule.ts";
import { resolveConfig } from "../../packages/belfry/src/define/config.ts";
import { loadTasks } from "../../packages/belfry/src/define/load.ts";
import { readPages } from "../pages.fixture.ts";
import { scratchFolder } from "../project.fixture.ts";

/** The tables of docs/schedules/combining.md say when each schedule is next due. */
const page = readPages().find(({ path }) => path === "docs/schedules/combining.md");
const rows = [...(page?.text ?? "").matchAll(/^\| `((?:cron|every): .*)` +\| (.*?) +\|$/gm)];
const calendar = page?.blocks.find(({ language }) => language === "ics")?.text ?? "";
const FROM = Date.UTC(2026, 11, 21);

/** London keeps to UTC in winter, when all of the page takes place. */
async function dueNext(schedule: string, count: number): Promise<readonly string[]> {
  const folder = scratchFolder("combining");
  try {
    writeFileSync(join(folder, "holidays.ics"), calendar);
    const written = `calendars:
  holidays: { file: holidays.ics }
  business: { weekdays: mon-fri, except: holidays }
tasks:
  a: { schedule: { timeZone: Europe/London, ${schedule} }, shell: "true" }
`;
    writeFileSync(join(folder, "belfry.yaml"), written);
    const config = await resolveConfig({ cwd: folder, environment: {} });
    const { tasks, problems } = await loadTasks(config, { now: FROM });
    const parts = tasks[0]?.definition.schedules[0]?.parts;
    if (parts === undefined) return [`refused: ${problems.map(String).join()}`];
    const due = compile(parts, "seed").between(FROM, Number.POSITIVE_INFINITY);
    return Iterator.from(due)
      .take(count)
      .map((at) => new Date(at).toISOString().slice(0, 16).replace("T", " "))
      .toArray();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("the page of combined schedules", () => {
  assert.ok(rows.length > 10, `has only ${rows.length} examples`);
  for (const [, schedule = "", next = ""] of rows) {
    it(`is right about ${schedule}`, async () => {
      const expected = next.split(", ");
      const due = await dueNext(schedule, expected.length);
      if (next === "refused") assert.match(due.join(), /^refused/);
      else assert.deepEqual(due, expected);
    });
  }
});
