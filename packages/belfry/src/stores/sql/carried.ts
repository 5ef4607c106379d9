import type { Release } from "../../core/definition.ts";
import { parseJson } from "./rows.ts";
import { all, type Work } from "./work.ts";

/** A release by name, and the living node that carries it. */
export interface Carried extends Pick<Release, "source" | "hash"> {
  readonly node: string;
}

/** What living nodes carry; of one whose list somebody damaged nothing is known. */
export function* carriedReleases(): Work<readonly Carried[]> {
  const rows = yield* all<{ id: string; releases: string }>(
    "select id, releases from node where state = 'alive' order by id",
  );
  return rows.flatMap(({ id: node, releases }) =>
    namesIn(releases).map(({ source, hash }) => ({ node, source, hash })),
  );
}

function namesIn(text: string): readonly Pick<Release, "source" | "hash">[] {
  const names = parseJson<readonly Pick<Release, "source" | "hash">[]>(text, []);
  return Array.isArray(names) ? names : [];
}

/** A release's name as one text. */
export function nameOf({ source, hash }: Pick<Release, "source" | "hash">): string {
  return `${source}/${hash}`;
}

/** The same in SQL, of a release `r`. */
export const NAME_OF_R = "r.source || '/' || r.hash" as const;

interface ReleaseColumns {
  source: string;
  hash: string;
  body: string;
}

/** These releases by name, as far as they are kept; null: somebody damaged it. */
export function* keptReleases(
  names: readonly Pick<Release, "source" | "hash">[],
): Work<ReadonlyMap<string, Release | null>> {
  const rows = yield* all<ReleaseColumns>(
    `select r.source, r.hash, r.body from release r
     where r.source = any(?) and r.hash = any(?) and ${NAME_OF_R} = any(?)`,
    names.map(({ source }) => source),
    names.map(({ hash }) => hash),
    names.map(nameOf),
  );
  return new Map(rows.map((row) => [nameOf(row), releaseOf(row)]));
}

/** Null where somebody damaged it: read as empty, it would take every task away. */
export function releaseOf({ source, hash, body }: ReleaseColumns): Release | null {
  const content = parseJson<Pick<Release, "tasks" | "unread"> | null>(body, null);
  return content === null ? null : { source, hash, ...content };
}
