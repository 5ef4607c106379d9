import { BelfryError } from "../core/errors.ts";
import type { LoadedCrontabs } from "../sources/crontab/load-crontabs.ts";

/** How crontabs are run where a cron daemon may run them too. */
export type CrontabMode = "run" | "observe" | "take-over";

/** @throws BelfryError `bad-usage`. */
export function modeOf(
  paths: readonly string[],
  observes: boolean,
  takesOver: boolean,
): CrontabMode {
  if (observes && takesOver) {
    throw new BelfryError("usage", "bad-usage", "--observe and --take-over exclude each other.");
  }
  const mode = observes ? "observe" : takesOver ? "take-over" : "run";
  if (mode === "run" || paths.length > 0) return mode;
  const hint = `Name what to ${observes ? "observe" : "take over"}: --crontab /etc/crontab.`;
  throw new BelfryError("usage", "bad-usage", `--${mode} is about crontabs.`, hint);
}

/** Two that run the same lines run each of them twice. @throws BelfryError `cron-alive`. */
export function refuseBeside({ daemon }: Pick<LoadedCrontabs, "daemon">): void {
  if (daemon === null) return;
  const { name, pid } = daemon;
  const message = `${name} is alive (process ${pid}) and runs these crontabs: each line would run twice.`;
  const hint =
    "--observe tells what would run and runs nothing; or stop cron and start again; " +
    "--take-over starts although it is alive.";
  throw new BelfryError("conflict", "cron-alive", message, hint);
}
