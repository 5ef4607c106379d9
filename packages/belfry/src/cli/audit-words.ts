import { type Difference, differences } from "../core/difference.ts";
import type { AuditRow } from "../records.ts";
import { jsonValue } from "../views/json-text.ts";
import { durationWords, instantWords } from "./terminal/time-words.ts";

/**
 * What a change made of something, for people: a line for each member that is another now; of what
 * came or went as a whole, all that there is to say in one line.
 */
export function changeWords({ before, after }: AuditRow, timeZone: string): readonly string[] {
  const [old, now] = [jsonValue(before), jsonValue(after)];
  if (old === null && now === null) return [];
  if (old === null || now === null) {
    const members = differences(old ?? undefined, now ?? undefined);
    const told = members.flatMap(({ path, before: was, after: is }) => {
      const value = old === null ? is : was;
      if (value === null || (Array.isArray(value) && value.length === 0)) return [];
      return [`${nameOf(path)} ${valueWords(path, value, timeZone)}`];
    });
    return told.length === 0 ? [] : [`${old === null ? "+" : "-"} ${told.join(", ")}`];
  }
  return differences(old, now).map((difference) => differenceWords(difference, timeZone));
}

function differenceWords({ path, before, after }: Difference, timeZone: string): string {
  const [was, is] = [before, after].map((value) => valueWords(path, value, timeZone));
  const name = nameOf(path);
  return `${name === "" ? "" : `${name}: `}${was} → ${is}`;
}

/** `policies.timeoutMs` is `timeout` to those who wrote it. */
function nameOf(path: readonly string[]): string {
  const steps = path[0] === "policies" || path[0] === "tasks" ? path.slice(1) : path;
  return steps.join(".").replace(/(Ms|At)$/, "");
}

function valueWords(path: readonly string[], value: unknown, timeZone: string): string {
  const name = path.at(-1) ?? "";
  if (value === null || value === undefined) return "none";
  if (typeof value === "number") {
    if (name.endsWith("At")) return instantWords(value, timeZone);
    const isDuration = name.endsWith("Ms") || name === "startWithin";
    return isDuration ? durationWords(value) : String(value);
  }
  if (typeof value === "string") return name === "release" ? value.slice(0, 8) : value;
  if (!Array.isArray(value)) return JSON.stringify(value);
  return value.length === 0 ? "none" : value.map((item: unknown) => itemWords(item)).join(" | ");
}

/** A part of a schedule by its expression, anything else as it is. */
function itemWords(item: unknown): string {
  if (typeof item === "string") return item;
  if (typeof item !== "object" || item === null || !("expression" in item)) {
    return JSON.stringify(item);
  }
  const zone = "timeZone" in item ? ` (${String(item.timeZone)})` : "";
  return `"${String(item.expression)}"${zone}`;
}
