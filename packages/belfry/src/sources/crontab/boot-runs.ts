import { existsSync, readFileSync } from "node:fs";
import { runId } from "../../core/identity.ts";
import type { Problem } from "../../define/problem.ts";
import type { TriggerRequest } from "../../triggering.ts";
import { isCronsOwn } from "./find-crontabs.ts";
import type { LoadedCrontabs } from "./load-crontabs.ts";

/** What a host tells of its last boot. */
export interface Boot {
  /** Null: it tells none. */
  readonly id: string | null;
  /** Whether its cron daemon has run its own `@reboot` lines since. */
  readonly cron: "ran" | "did-not-run";
}

/** Files by which Debian's cron and cronie remember that they have. */
const MARKS = ["/run/crond.reboot", "/run/cron.reboot"];

/** This host's boot, as the kernel and cron tell of it. */
export function hostBoot(): Boot {
  const cron = MARKS.some((mark) => existsSync(mark)) ? "ran" : "did-not-run";
  try {
    return { id: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(), cron };
  } catch {
    return { id: null, cron };
  }
}

/**
 * The runs that `@reboot` lines have at this boot. Their idempotency key is the boot's, so however
 * often a node starts they are made once. What cron has run itself is not run again.
 */
export function bootRuns(
  { tasks, boots }: LoadedCrontabs,
  boot: Boot,
  now: number,
  entropy: () => string,
): { readonly runs: readonly TriggerRequest[]; readonly problems: readonly Problem[] } {
  const runs: TriggerRequest[] = [];
  const problems: Problem[] = [];
  for (const { task: name, crontab } of boots) {
    const task = tasks.find(({ definition }) => definition.task === name);
    if (task === undefined) continue;
    const byCron = isCronsOwn(crontab) && boot.cron === "ran";
    if (byCron || boot.id === null) {
      const message = byCron
        ? "@reboot: cron has run it at this boot; it runs here from the next boot on"
        : "@reboot: this host does not tell its boots apart, so it does not run";
      problems.push({
        severity: "warning",
        file: task.file,
        line: task.line,
        path: null,
        message,
        hint: `to run it now: belfry run ${name}`,
      });
      continue;
    }
    runs.push({
      id: runId(now, entropy()),
      task: name,
      definition: task.hash,
      trigger: { kind: "boot", by: boot.id },
      dueAt: now,
      payload: null,
      idempotencyKey: `boot:${boot.id}`,
      gate: null,
      deadlineAt: null,
      replayOf: null,
      force: false,
    });
  }
  return { runs, problems };
}
