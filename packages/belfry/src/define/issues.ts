import type { z } from "zod";
import { closest } from "./closest.ts";
import { error, type Fault } from "./problem.ts";

type Issue = z.core.$ZodIssue;
type RawIssue = z.core.$ZodRawIssue;

/** A schema's message in two lines: what is wrong, and what to do about it. */
export function advise(message: string, hint: string): string {
  return `${message}\n${hint}`;
}

/** The message where a member is missing or of another type. */
export function must(be: string, hint?: string): (issue: RawIssue) => string {
  return (issue) => {
    if (issue.input === undefined) return `is missing: it must be ${be}`;
    return hint === undefined ? `must be ${be}` : advise(`must be ${be}`, hint);
  };
}

/** The message where a word is not one of the few that there are. */
export function mustBeOneOf(words: readonly string[]): (issue: RawIssue) => string {
  return (issue) => {
    const message = `must be ${orList(words)}`;
    const meant = typeof issue.input === "string" ? closest(issue.input, words) : null;
    return meant === null ? message : advise(message, `did you mean "${meant}"?`);
  };
}

/** For objects that refuse unknown members: their message is the list of the known ones. */
export function membersOf(shape: object): (issue: RawIssue) => string | undefined {
  const known = Object.keys(shape).join(" ");
  return (issue) => (issue.code === "unrecognized_keys" ? known : must("a map of options")(issue));
}

/** What a schema found, in words; of a union, what its nearest member found. */
export function faultsOf(issues: readonly Issue[]): Fault[] {
  return issues.flatMap((issue) => faultsOfIssue(issue));
}

function faultsOfIssue(issue: Issue): Fault[] {
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownOption(issue, key));
  if (issue.code === "invalid_union") {
    const nearest = nearestMember(issue.errors);
    if (nearest !== null) {
      return faultsOf(nearest).map((fault) => ({ ...fault, path: [...issue.path, ...fault.path] }));
    }
  }
  if (issue.code === "invalid_key") {
    const [first] = issue.issues;
    return [adviceAt(issue.path, first?.message ?? issue.message)];
  }
  return [adviceAt(issue.path, issue.message)];
}

function unknownOption(issue: Issue, key: string): Fault {
  const known = issue.message.split(" ");
  const meant = closest(key, known);
  const hint = meant === null ? `there are: ${known.join(", ")}` : `did you mean "${meant}"?`;
  return error([...issue.path, key], `unknown option "${key}"`, hint);
}

function adviceAt(path: readonly PropertyKey[], text: string): Fault {
  const [message = text, hint = null] = text.split("\n", 2);
  return error(path, message, hint);
}

/** The member of a union with the fewest objections, of those that take this type of value. */
function nearestMember(members: readonly (readonly Issue[])[]): readonly Issue[] | null {
  let nearest: readonly Issue[] | null = null;
  for (const issues of members) {
    if (issues.some(isOfAnotherType)) continue;
    if (nearest === null || objections(issues) < objections(nearest)) nearest = issues;
  }
  return nearest;
}

function isOfAnotherType(issue: Issue): boolean {
  const { code, path } = issue;
  return path.length === 0 && (code === "invalid_type" || code === "invalid_value");
}

function objections(issues: readonly Issue[]): number {
  return issues.reduce(
    (sum, issue) => sum + (issue.code === "unrecognized_keys" ? issue.keys.length : 1),
    0,
  );
}

/** `"a", "b" or "c"` */
export function orList(words: readonly string[]): string {
  const quoted = words.map((word) => `"${word}"`);
  const last = quoted.at(-1) ?? "";
  return quoted.length < 2 ? last : `${quoted.slice(0, -1).join(", ")} or ${last}`;
}
