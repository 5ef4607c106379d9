import { hash } from "node:crypto";
import type { EntryIdentity } from "./entry.ts";
import { programOf } from "./program-of.ts";

const PROGRAM_MAX = 60;

/**
 * Names the task of each entry of one crontab, in their order: the program, and a hash of the
 * crontab, the user and the command. So a line keeps its name, and with it its history, when it
 * moves or its times are edited. What stands there twice is numbered.
 */
export function nameEntries(entries: readonly EntryIdentity[], source: string): string[] {
  const seen = new Map<string, number>();
  return entries.map(({ user, text }) => {
    const digest = hash("sha256", `${source}\0${user}\0${text.trim()}`).slice(0, 8);
    const name = `${nameOf(text)}-${digest}`;
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return times === 1 ? name : `${name}-${times}`;
  });
}

function nameOf(text: string): string {
  const program = programOf(text);
  const name = program
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, "");
  return name === "" ? "line" : name.slice(0, PROGRAM_MAX);
}
