import type { AuditFilter, AuditRow, Deed } from "../../records.ts";
import { all, put, type Value, type Work } from "./work.ts";

/** A deed of the store's own, whose values are not text yet; what is left out is not there. */
export interface OwnDeed extends Pick<Deed, "actor" | "what" | "subject"> {
  readonly task?: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

const RECORD = `insert into audit (at, actor, what, subject, task, before, after)
  values (?, ?, ?, ?, ?, ?, ?)`;

/** In the transaction of the change itself: there is none without the other. */
export function* writeAudit(deed: OwnDeed, now: number): Work<void> {
  const { actor, what, subject, task = null, before, after } = deed;
  yield* put(RECORD, now, actor, what, subject, task, text(before), text(after));
}

const RECORD_ALL = `insert into audit (at, actor, what, subject, task, before, after)
  select cast(? as bigint), actor, what, subject, task, before, after from values_of(? actor text,
    what text, subject text, task text, before text, after text)`;

export function* writeAudits(deeds: readonly OwnDeed[], now: number): Work<void> {
  if (deeds.length === 0) return;
  const rows = deeds.map(({ actor, what, subject, task = null, before, after }) => {
    return [actor, what, subject, task, text(before), text(after)] as const;
  });
  yield* put(RECORD_ALL, now, rows);
}

function text(value: unknown): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value);
}

export function* recordDeed(deed: Deed, now: number): Work<void> {
  yield* put(RECORD, now, deed.actor, deed.what, deed.subject, deed.task, deed.before, deed.after);
}

/**
 * From the newest back until enough are found. It has no index but its order: nearly all of it is
 * written for nobody, and who asks can wait for a moment.
 */
export function* audit(filter: AuditFilter): Work<readonly AuditRow[]> {
  const conditions = ["true"];
  const values: Value[] = [];
  const add = (condition: string, value: string | number | undefined): void => {
    if (value === undefined) return;
    conditions.push(condition);
    values.push(value);
  };
  add("task = ?", filter.task);
  add("actor = ?", filter.actor);
  add("what = ?", filter.what);
  add("at >= ?", filter.from);
  add("at < ?", filter.until);
  const rows = yield* all<AuditRow>(
    `select seq, at, actor, what, subject, task, before, after from audit
     where ${conditions.join(" and ")} order by seq desc limit cast(? as bigint)`,
    ...values,
    filter.limit,
  );
  return rows.map((row) => ({ ...row }));
}
