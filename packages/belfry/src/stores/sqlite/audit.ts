import type { AuditRow } from "../../records.ts";
import type { Database } from "./database.ts";

/** Who changed what: one row for each change that a person or a release made. */
export interface Deed {
  readonly actor: string;
  readonly what: string;
  readonly subject: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

export function writeAudit(db: Database, deed: Deed, now: number): void {
  db.run(
    "insert into audit (at, actor, what, subject, before, after) values (?, ?, ?, ?, ?, ?)",
    now,
    deed.actor,
    deed.what,
    deed.subject,
    deed.before === undefined ? null : JSON.stringify(deed.before),
    deed.after === undefined ? null : JSON.stringify(deed.after),
  );
}

/** Newest first. */
export function audit(db: Database, limit: number): readonly AuditRow[] {
  const rows = db.all<AuditRow>(
    "select seq, at, actor, what, subject, before, after from audit order by seq desc limit ?",
    limit,
  );
  return rows.map((row) => ({ ...row }));
}
