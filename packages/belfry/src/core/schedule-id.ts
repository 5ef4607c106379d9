import { createHash } from "node:crypto";

/** A schedule's identity: its task and key, for ever; never the expression, never the position. */
export function scheduleId(task: string, key: string): string {
  return createHash("sha256")
    .update(JSON.stringify([task, key]))
    .digest("hex")
    .slice(0, 32);
}
