import type { AuditFilter, AuditRow, Deed } from "../../records.ts";
import type { Database } from "./database.ts";

/** A deed of the store's own, whose values are not text yet; what is left out is not there. */
interface OwnDeed extends Pick<Deed, "actor" | "what" | "subject"> {
  readonly task?: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** In the transaction of the change itself: there is none without the other. */
export function writeAudit(db: Database, deed: OwnDeed, now: number): void {
  const { actor, what, subject, task = null, before, after } = deed;
  recordDeed(db, { actor, what, subject, task, before: text(before), after: text(after) }, now);
}

function text(value: unknown): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value);
}

export function recordDeed(db: Database, deed: Deed, now: number): void {
  db.run(
    "insert into audit (at, actor, what, subject, task, before, after) values (?, ?, ?, ?, ?, ?, ?)",
    now,
    deed.actor,
    deed.what,
    deed.subject,
    deed.task,
    deed.before,
    deed.after,
  );
}

/**
 * From the newest back until enough are found. It has no index but its order: nearly all of it is
 * written for nobody, and who asks can wait for a moment.
 */
export function audit(db: Database, filter: AuditFilter): readonly AuditRow[] {
  const { task = null, actor = null, what = null, from = null, until = null, limit } = filter;
  const rows = db.all<AuditRow>(
    `select seq, at, actor, what, subject, task, before, after from audit
     where (:task is null or task = :task) and (:actor is null or actor = :actor)
     and (:what is null or what = :what) and (:from is null or at >= :from)
     and (:until is null or at < :until) order by seq desc limit :limit`,
    { task, actor, what, from, until, limit },
  );
  return rows.map((row) => ({ ...row }));
}
