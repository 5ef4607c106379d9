import type { DrainWish } from "../../store.ts";
import { writeAudit } from "./audit.ts";
import { one, put, type Work } from "./work.ts";

/** Held, so that a claim under way ends before: afterwards the node takes nothing. */
const LIVING = `select drain_at as "sinceAt", drain_by as "by" from node
  where id = ? and state = 'alive' for update`;

export function* drain(
  node: string,
  wish: DrainWish,
  now: number,
  by: string,
): Work<"changed" | "already" | "not-alive"> {
  const row = yield* one<{ sinceAt: number | null; by: string | null }>(LIVING, node);
  if (row === undefined) return "not-alive";
  if ((row.sinceAt !== null) === (wish === "on")) return "already";
  yield* put(
    "update node set drain_at = ?, drain_by = ? where id = ?",
    wish === "on" ? now : null,
    wish === "on" ? by : null,
    node,
  );
  const deed = { actor: by, subject: node };
  if (wish === "on") yield* writeAudit({ ...deed, what: "node.drain" }, now);
  else yield* writeAudit({ ...deed, what: "node.undrain", before: { ...row } }, now);
  return "changed";
}
