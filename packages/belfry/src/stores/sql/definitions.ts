import type { Drift } from "../../adoption.ts";
import type { Definition, Release, SourcePlace } from "../../core/definition.ts";
import type { Refusal, StoredDefinition } from "../../records.ts";
import { carriedReleases, keptReleases, NAME_OF_R, nameOf, releaseOf } from "./carried.ts";
import { parseJson } from "./rows.ts";
import { all, one, put, type Work } from "./work.ts";

export function* publish(
  release: Release,
  definitions: readonly StoredDefinition[],
  now: number,
): Work<void> {
  for (const definition of definitions) yield* keepDefinition(definition, now);
  yield* put(
    `insert into release (source, hash, body, first_seen_at) values (?, ?, ?, ?)
     on conflict do nothing`,
    release.source,
    release.hash,
    JSON.stringify({ tasks: release.tasks, unread: release.unread }),
    now,
  );
}

export function* keepDefinition(definition: StoredDefinition, now: number): Work<void> {
  yield* put(
    `insert into definition (hash, body, seen_at) values (?, ?, ?)
     on conflict (hash) do update set seen_at = excluded.seen_at`,
    definition.hash,
    JSON.stringify(definition.body),
    now,
  );
}

/** A body that somebody damaged is left out, as one that is not there. */
export function* definitions(hashes: readonly string[]): Work<readonly StoredDefinition[]> {
  const rows = yield* all<{ hash: string; body: string }>(
    "select hash, body from definition where hash = any(?)",
    hashes,
  );
  const found: StoredDefinition[] = [];
  for (const { hash, body } of rows) {
    const definition = parseJson<Definition | null>(body, null);
    if (definition !== null) found.push({ hash, body: definition });
  }
  return found;
}

interface Candidate extends Pick<Release, "source" | "hash"> {
  seq: number;
  applied: string | null;
}

/**
 * The newest first-seen release that a living node carries is to be in force: so a rolling deploy
 * converges, a crashed old node brings nothing back, and a rollback heals itself.
 */
export function* drift(): Work<readonly Drift[]> {
  const carried = yield* carriedReleases();
  const newestFirst = yield* all<Candidate>(
    `select r.seq, r.source, r.hash, s.applied from release r
     left join source s on s.name = r.source
     where r.source = any(?) and r.hash = any(?) and ${NAME_OF_R} = any(?)
     order by r.source, r.first_seen_at desc, r.seq desc`,
    carried.map(({ source }) => source),
    carried.map(({ hash }) => hash),
    carried.map(nameOf),
  );
  const newest = new Map<string, Candidate>();
  for (const one of newestFirst) if (!newest.has(one.source)) newest.set(one.source, one);
  const drifts: Drift[] = [];
  for (const { seq, source, hash, applied } of newest.values()) {
    if (hash === applied) continue;
    const row = yield* one<{ body: string }>("select body from release where seq = ?", seq);
    const release = row === undefined ? null : releaseOf({ source, hash, body: row.body });
    if (release !== null) drifts.push({ source, from: applied, release });
  }
  return drifts;
}

interface Owner extends SourcePlace {
  readonly name: string;
  readonly source: string;
}

export function* refusals(): Work<readonly Refusal[]> {
  const kept = yield* keptReleases(yield* carriedReleases());
  const releases = [...kept.values()].filter((release) => release !== null);
  const owners = yield* all<Owner>(
    "select name, source, file, line from task where enabled = 1 and name = any(?)",
    releases.flatMap(({ tasks }) => tasks.map(({ name }) => name)),
  );
  const ownerOf = new Map(owners.map((owner) => [owner.name, owner]));
  const found = new Map<string, Refusal>();
  for (const { source, tasks } of releases) {
    for (const { name: task, file, line } of tasks) {
      const owner = ownerOf.get(task);
      if (owner === undefined || owner.source === source) continue;
      const place = { source: owner.source, file: owner.file, line: owner.line };
      // Two releases of a source may say the same of it.
      found.set(JSON.stringify([task, source, file, line]), {
        source,
        task,
        file: file ?? null,
        line: line ?? null,
        owner: place,
      });
    }
  }
  return [...found.values()].sort((a, b) => inOrder(a.task, b.task) || inOrder(a.source, b.source));
}

function inOrder(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
