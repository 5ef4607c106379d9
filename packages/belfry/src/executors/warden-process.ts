import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { endSurvivors } from "./ending.ts";
import { markedProcesses, type ProcessGroup } from "./processes.ts";

/** What a dead node's commands get to heed SIGTERM: their runs begin again elsewhere soon. */
const POLITE_MS = 300;
const LIMIT_MS = 10_000;

/** A program of its own: `warden-process NODE`, told on stdin what to guard. See `warden.ts`. */
const node = process.argv[2] ?? "";
const groups = new Map<number, ProcessGroup>();
let dismissed = false;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const [, sign, id, startTime = ""] = /^([+-])(\d+) ?(\d*)$/.exec(line) ?? [];
    if (line === "quit") dismissed = true;
    if (sign === "+") groups.set(Number(id), { id: Number(id), startTime: startTime || null });
    if (sign === "-") groups.delete(Number(id));
  })
  .on("close", endAll);
// However the pipe ends, it ends.
process.stdin.on("error", () => process.stdin.destroy());

async function endAll(): Promise<void> {
  if (dismissed) return;
  await endSurvivors({
    groups: () => [...groups.values()],
    find: () => markedProcesses(node),
    politeMs: POLITE_MS,
    limitMs: LIMIT_MS,
    wait: (ms) => sleep(ms),
    monotonic: () => performance.now(),
  });
  process.exit();
}
