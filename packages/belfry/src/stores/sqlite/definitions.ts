import type { Drift } from "../../adoption.ts";
import type { Definition, Release } from "../../core/definition.ts";
import type { Refusal, StoredDefinition } from "../../records.ts";
import type { Database } from "./database.ts";
import { RELEASES } from "./nodes.ts";
import { parseJson } from "./rows.ts";

export function publish(
  db: Database,
  release: Release,
  definitions: readonly StoredDefinition[],
  now: number,
): void {
  for (const definition of definitions) keepDefinition(db, definition, now);
  db.run(
    "insert or ignore into release (source, hash, body, first_seen_at) values (?, ?, ?, ?)",
    release.source,
    release.hash,
    JSON.stringify({ tasks: release.tasks, unread: release.unread }),
    now,
  );
}

export function keepDefinition(db: Database, definition: StoredDefinition, now: number): void {
  db.run(
    `insert into definition (hash, body, seen_at) values (?, ?, ?)
     on conflict (hash) do update set seen_at = excluded.seen_at`,
    definition.hash,
    JSON.stringify(definition.body),
    now,
  );
}

/** A body that somebody damaged is left out, as one that is not there. */
export function definitions(db: Database, hashes: readonly string[]): readonly StoredDefinition[] {
  const rows = db.all<{ hash: string; body: string }>(
    "select hash, body from definition where hash in (select value from json_each(?))",
    JSON.stringify(hashes),
  );
  const found: StoredDefinition[] = [];
  for (const { hash, body } of rows) {
    const definition = parseJson<Definition | null>(body, null);
    if (definition !== null) found.push({ hash, body: definition });
  }
  return found;
}

/**
 * The newest first-seen release that a living node carries is to be in force: so a rolling deploy
 * converges, a crashed old node brings nothing back, and a rollback heals itself.
 */
export function drift(db: Database): readonly Drift[] {
  const rows = db.all<{ source: string; hash: string; body: string; applied: string | null }>(
    `select r.source, r.hash, r.body, s.applied from release r
     left join source s on s.name = r.source
     where r.seq in (
       select seq from (
         select c.seq, row_number() over (partition by c.source order by c.first_seen_at desc, c.seq desc) as place
         from release c where exists (
           select 1 from node n, ${RELEASES} j where n.state = 'alive'
           and j.value ->> 'source' = c.source and j.value ->> 'hash' = c.hash))
       where place = 1)
     and r.hash is not s.applied order by r.source`,
  );
  return rows.flatMap((row) => {
    const release = releaseOf(row);
    return release === null ? [] : [{ source: row.source, from: row.applied, release }];
  });
}

export function refusals(db: Database): readonly Refusal[] {
  const rows = db.all<Omit<Refusal, "owner"> & { owner: string; ownFile: string; ownLine: number }>(
    `select distinct r.source, k.name as task, t.value ->> 'file' as file, t.value ->> 'line' as line,
       k.source as owner, k.file as ownFile, k.line as ownLine
     from node n, ${RELEASES} j
     join release r on r.source = j.value ->> 'source' and r.hash = j.value ->> 'hash'
     join json_each(iif(json_valid(r.body), r.body, '{}'), '$.tasks') t
     join task k on k.name = t.value ->> 'name' and k.enabled = 1 and k.source <> r.source
     where n.state = 'alive' order by k.name, r.source`,
  );
  return rows.map(({ owner, ownFile, ownLine, ...refusal }) => ({
    ...refusal,
    owner: { source: owner, file: ownFile, line: ownLine },
  }));
}

/** Null where somebody damaged it: read as empty, it would take every task away. */
export function releaseOf(row: { source: string; hash: string; body: string }): Release | null {
  const { source, hash, body } = row;
  const content = parseJson<Pick<Release, "tasks" | "unread"> | null>(body, null);
  return content === null ? null : { source, hash, ...content };
}
