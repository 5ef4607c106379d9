import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { StoreMark } from "../../records.ts";

/** What a store had come to when a node last worked on it; it lies beside the store. */
export type SideMark = Pick<StoreMark, "storeId" | "generation" | "fence" | "highAt">;

/**
 * A store that was put back from a copy knows nothing of what happened since, itself included. The
 * file beside it does: it says how far the store had come before.
 */
function fileOf(store: string): string {
  return `${store}-mark`;
}

/** Null where there is none, or nothing that can be read. */
export function readSideMark(store: string): SideMark | null {
  try {
    const mark: unknown = JSON.parse(readFileSync(fileOf(store), "utf8"));
    return isSideMark(mark) ? mark : null;
  } catch {
    return null;
  }
}

function isSideMark(value: unknown): value is SideMark {
  if (typeof value !== "object" || value === null) return false;
  const { storeId, generation, fence, highAt }: Record<string, unknown> = { ...value };
  const counts = [generation, fence, highAt].every((count) => Number.isSafeInteger(count));
  return typeof storeId === "string" && counts;
}

/**
 * After a commit, so that it is never ahead of the store. It is an aid: where it cannot be written,
 * only a restored copy is not noticed.
 */
export function writeSideMark(store: string, mark: SideMark): void {
  const { storeId, generation, fence, highAt } = mark;
  const draft = `${fileOf(store)}.new`;
  try {
    writeFileSync(draft, `${JSON.stringify({ storeId, generation, fence, highAt })}\n`, {
      mode: 0o600,
    });
    renameSync(draft, fileOf(store));
  } catch {
    // See above.
  }
}

/** Whether the store is behind what it had come to: somebody has put an older copy in its place. */
export function isOlder(now: SideMark, before: SideMark | null): boolean {
  if (before === null || before.storeId !== now.storeId) return false;
  if (before.generation !== now.generation) return now.generation < before.generation;
  return now.fence < before.fence || now.highAt < before.highAt;
}
