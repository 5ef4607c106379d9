/*
 * The dialects systemd and rrule beside systemd-analyze and python-dateutil: random expressions, most
 * of them just before a clock change of the years 1990 to 2037. Needs systemd, python3 and dateutil.
 * Usage: npm run beside-calendars -- [expressions] [seed]; exits 1 where they disagree.
 * docs/schedules/disagreements-calendar.md says who is right.
 */
import { localInstant, offsetAt, parse, ScheduleError } from "@belfry/schedule";
import { Chance } from "./chance.ts";
import { askDateutil, drawRule, type Question } from "./dateutil.ts";
import { drawMoment, type Moment } from "./moments.ts";
import { askSystemd, drawSpecification } from "./systemd.ts";

const STEPS = 6;
/** dateutil is asked from 30 hours before; what has so many times until then is not compared. */
const WALL_STEPS = 300;

/** Where a zone has clock changes the dialect ends with the year 2199. */
const END_AT = Date.UTC(2200, 0, 1);

const expressions = Number(process.argv[2] ?? 500);
const seed = Number(process.argv[3] ?? 1);
const disagreements = besideSystemd(new Chance(seed)) + besideDateutil(new Chance(seed + 1));
process.exitCode = disagreements === 0 ? 0 : 1;

function besideSystemd(chance: Chance): number {
  let compared = 0;
  let refused = 0;
  let disagreed = 0;
  for (let count = 0; count < expressions; count++) {
    const moment = drawMoment(chance);
    const spec = drawSpecification(chance);
    const theirs = askSystemd(spec, moment.zone, moment.from, STEPS);
    const ours = walk(spec, "systemd", moment, STEPS);
    if (theirs === null && ours === null) refused++;
    else compared++;
    const same = JSON.stringify(ours) === JSON.stringify(theirs);
    if (!same && !(ours === "never" && theirs?.length === 0)) {
      disagreed++;
      show(`${JSON.stringify(spec)} in ${moment.zone}`, moment.from, ours, theirs);
    }
  }
  console.log(`systemd: ${compared} compared, ${refused} refused by both, ${disagreed} disagree`);
  return disagreed;
}

function besideDateutil(chance: Chance): number {
  const questions: Question[] = Array.from({ length: expressions }, () => {
    const moment = drawMoment(chance);
    const startAt = moment.from - chance.whole(0, 2000) * 86_400_000;
    const wall = new Date(startAt + offsetAt(startAt, moment.zone)).toISOString();
    const start = wall.slice(0, 19).replaceAll(/[-:]/g, "");
    return { ...moment, start, rule: drawRule(chance), steps: WALL_STEPS };
  });
  let compared = 0;
  let unanswered = 0;
  let disagreed = 0;
  for (const [index, walls] of askDateutil(questions).entries()) {
    const question = questions[index];
    if (question === undefined) continue;
    const elapsed = /FREQ=(MINUTE|SECOND)LY/.test(question.rule) && question.zone !== "UTC";
    const theirs = [...new Set((walls ?? []).flatMap((wall) => instantsOf(wall, question)))];
    if (elapsed || walls === null || (theirs.length < STEPS && walls.length === WALL_STEPS)) {
      unanswered++;
      continue;
    }
    const text = `DTSTART;TZID=${question.zone}:${question.start}\nRRULE:${question.rule}`;
    const ours = walk(text, "rrule", question, STEPS);
    compared++;
    if (
      JSON.stringify(ours) !== JSON.stringify(theirs.slice(0, STEPS)) &&
      (ours !== "never" || theirs.length > 0)
    ) {
      disagreed++;
      show(JSON.stringify(text), question.from, ours, theirs.slice(0, STEPS));
    }
  }
  console.log(`dateutil: ${compared} compared, ${unanswered} unanswered, ${disagreed} disagree`);
  return disagreed;
}

/** The instant of a wall time after `from`: none for one that the clock skips (RFC 5545, 3.3.10). */
function instantsOf(wall: string, { zone, from }: Question): number[] {
  const at = localInstant(wall, zone);
  const exists = new Date(at + offsetAt(at, zone)).toISOString().startsWith(wall);
  return exists && at > from && (at < END_AT || zone === "UTC") ? [at] : [];
}

/** `null` where we refuse, "never" where we say that it never occurs. */
function walk(
  expression: string,
  dialect: "systemd" | "rrule",
  { zone, from }: Moment | Question,
  steps: number,
): number[] | "never" | null {
  const found: number[] = [];
  try {
    const schedule = parse(expression, { dialect, timeZone: zone });
    for (
      let at = schedule.next(from);
      at !== null && found.length < steps;
      at = schedule.next(at)
    ) {
      found.push(at);
    }
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error;
    return error.code === "never" ? "never" : null;
  }
  return found;
}

function show(
  what: string,
  from: number,
  ours: readonly number[] | "never" | null,
  theirs: readonly number[] | null,
): void {
  const list = (times: readonly number[] | "never" | null): string =>
    times === null || times === "never" ? (times ?? "refused") : times.map(iso).join(" ");
  console.log(`${what} after ${iso(from)}\n  ours   ${list(ours)}\n  theirs ${list(theirs)}`);
}

function iso(instant: number): string {
  return new Date(instant).toISOString().slice(0, 19);
}
