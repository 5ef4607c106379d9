import { spawnSync } from "node:child_process";
import type { Chance } from "./chance.ts";

const WEEKDAYS = ["Mon", "Tue", "wednesday", "Thu", "FRI", "Sat", "Sun", "Mon..Fri", "Sat,Sun"];

/** A calendar specification, mostly a valid one. */
export function drawSpecification(chance: Chance): string {
  const weekday = chance.in(3) ? `${chance.some(WEEKDAYS, 2).join(",")} ` : "";
  const year = chance.in(6) ? part(chance, 1990, 2040) : "*";
  const month = part(chance, 1, 12);
  const day = part(chance, 1, 31);
  const joint = chance.in(4) ? "~" : "-";
  const shown = chance.in(5) ? `${month}${joint}${day}` : `${year}-${month}${joint}${day}`;
  const date = chance.in(3) ? "" : `${chance.in(2) ? "*-*-*" : shown} `;
  const seconds = chance.in(3) ? `:${part(chance, 0, 59)}` : "";
  const time = `${part(chance, 0, chance.in(2) ? 4 : 23)}:${part(chance, 0, 59)}${seconds}`;
  const spec = `${weekday}${date}${time}`;
  if (!chance.in(12)) return spec;
  const at = chance.whole(0, spec.length);
  return spec.slice(0, at) + chance.one([..."*,-~./:0 5"]) + spec.slice(at + chance.whole(0, 1));
}

function part(chance: Chance, low: number, high: number): string {
  if (chance.in(3)) return "*";
  const items = Array.from({ length: chance.in(3) ? 2 : 1 }, () => {
    const first = chance.whole(low, high);
    const last = chance.whole(first, high);
    const range = chance.in(3) ? `${first}..${last}` : `${first}`;
    return chance.in(3) ? `${range}/${chance.whole(1, 8)}` : range;
  });
  return items.join(",");
}

/** The next times after `from` as systemd has them, in its order; `null` where it refuses. */
export function askSystemd(
  spec: string,
  zone: string,
  from: number,
  steps: number,
): number[] | null {
  const base = new Date(from).toISOString().slice(0, 19).replace("T", " ");
  const arguments_ = ["calendar", `--iterations=${steps}`, `--base-time=${base} UTC`, "--", spec];
  const run = spawnSync("systemd-analyze", arguments_, {
    encoding: "utf8",
    env: { PATH: process.env["PATH"], TZ: zone, LC_ALL: "C" },
  });
  if (run.error !== undefined) throw run.error;
  if (run.stdout === "") return null;
  const label = zone === "UTC" ? /(?:Next elapse|Iter\. #\d+): (.*)/g : /\(in UTC\): (.*)/g;
  return [...run.stdout.matchAll(label)]
    .map((match) => /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/.exec(match[1] ?? "")?.[0])
    .filter((text) => text !== undefined)
    .map((text) => Date.parse(`${text.replace(" ", "T")}Z`));
}
