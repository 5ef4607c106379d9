import type { AuditRow } from "../records.ts";
import { iso, isoInstants } from "./instant.ts";
import { jsonValue } from "./json-text.ts";

export interface AuditView {
  readonly seq: number;
  readonly at: string;
  readonly actor: string;
  readonly what: string;
  readonly subject: string;
  readonly task: string | null;
  readonly before: unknown;
  readonly after: unknown;
}

/** A change and who made it, as the faces print it. */
export function auditView({
  seq,
  at,
  actor,
  what,
  subject,
  task,
  before,
  after,
}: AuditRow): AuditView {
  return { seq, at: iso(at), actor, what, subject, task, before: side(before), after: side(after) };
}

function side(text: string | null): unknown {
  const value = jsonValue(text);
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? isoInstants(value)
    : value;
}
