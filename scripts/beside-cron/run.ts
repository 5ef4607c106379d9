/*
 * Real time, the real daemon: Debian's cron and a node of Belfry's run the same crontab side by side
 * for `--minutes`, and must do the same: each line started in the same minutes, by the same user,
 * with the same environment, and the same mails. Exit 1 where anything differs that is not documented
 * in `differences.ts`, 69 where it cannot be done. The host's own crontabs, mail and daemon are
 * hidden from both by mounts that nobody else sees.
 *
 *   npm run beside-cron -- [--minutes 10] [--json] [--keep]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { ROOT } from "../pack/root.ts";
import { compare } from "./compare.ts";
import { numberedLines } from "./crontab.ts";
import { DIFFERENCES } from "./differences.ts";
import { readRecords } from "./records.ts";
import { jsonReport, textReport } from "./report.ts";
import { hindrance, Stage } from "./stage.ts";

const MINUTE_MS = 60_000;
/** What both need to be ready before the first minute that counts. */
const READY_MS = 15_000;
const NOT_LATER_MS = 1_000;
const LOOK_EVERY_MS = 1_000;
/** After the last minute's beginning: what it started has ended, and its mails are out. */
const SETTLED_MS = 45_000;
const SILENT =
  "cron started nothing. It ignores a whole file for one line that it cannot read, and says so only to syslog.";
const EXIT_USAGE = 2;
const EXIT_UNAVAILABLE = 69;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    json: { type: "boolean", default: false },
    /** Leaves the folder for a look. */
    keep: { type: "boolean", default: false },
  },
});
const minutes = Number(values.minutes);
const ended = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => ended.abort(new Error(`Ended by ${signal}.`)));
}
process.exitCode = await main();

async function main(): Promise<number> {
  if (!Number.isInteger(minutes) || minutes < 1) {
    console.error("--minutes is a whole number from 1.");
    return EXIT_USAGE;
  }
  const hindered = hindrance();
  if (hindered !== null) {
    console.error(hindered);
    return EXIT_UNAVAILABLE;
  }
  try {
    return await goAlong();
  } catch (thrown) {
    const cause = ended.signal.aborted ? ended.signal.reason : thrown;
    console.error(cause instanceof Error ? cause.message : cause);
    return 1;
  }
}

async function goAlong(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "belfry-beside-cron-"));
  try {
    await play(new Stage(folder));
    const cron = readRecords(join(folder, "cron"));
    const belfry = readRecords(join(folder, "belfry"));
    // That both did nothing would be no proof of anything.
    if (cron.starts.length === 0) throw new Error(SILENT);
    const lines = numberedLines();
    const numbers = lines.map(({ number }) => number);
    const found = compare(numbers, cron, belfry, DIFFERENCES);
    const report = values.json ? jsonReport : textReport;
    console.log(report(minutes, lines, found));
    return found.discrepancies.length > 0 ? 1 : 0;
  } finally {
    if (values.keep) console.error(`left in ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  }
}

/** Both go along from one full minute to another. */
async function play(stage: Stage): Promise<void> {
  const until = (at: number): Promise<void> =>
    sleep(Math.max(0, at - Date.now()), undefined, { signal: ended.signal });
  if (nextMinute() - Date.now() < READY_MS) await until(nextMinute());
  const firstAt = nextMinute();
  const endAt = firstAt + (minutes - 1) * MINUTE_MS + SETTLED_MS;
  try {
    stage.startBelfry(join(ROOT, "packages/belfry/bin/belfry.js"));
    stage.startCron();
    console.error(`Both begin at ${new Date(firstAt).toISOString()}; minutes: ${minutes}.`);
    await until(firstAt - NOT_LATER_MS);
    if (!stage.told("belfry").includes('"event":"up"')) {
      throw new Error(`Belfry was not ready in time.\n${stage.told("belfry")}`);
    }
    while (Date.now() < endAt) {
      await until(Math.min(endAt, Date.now() + LOOK_EVERY_MS));
      const [side] = stage.fallen();
      if (side !== undefined) throw new Error(`${side} ended by itself.\n${stage.told(side)}`);
    }
  } finally {
    await stage.end();
  }
}

function nextMinute(): number {
  return (Math.floor(Date.now() / MINUTE_MS) + 1) * MINUTE_MS;
}
