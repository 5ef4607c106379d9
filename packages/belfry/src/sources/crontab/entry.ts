import type { Problem } from "../../define/problem.ts";

/** Where a crontab stands, which decides how its lines are read. */
export interface CrontabOrigin {
  readonly file: string;
  /** A system table names a user on each line; in a user's own, all lines are that user's. */
  readonly form: { readonly kind: "user"; readonly user: string } | { readonly kind: "system" };
  /** The zone of lines above which no CRON_TZ stands: the host's. */
  readonly timeZone: string;
}

/** When an entry is due: at times, or once per boot of the host. */
export type EntryTimes =
  | { readonly kind: "times"; readonly expression: string; readonly timeZone: string }
  | { readonly kind: "boot" };

/** Who runs what: by this, not by when it is due, a line is known again after an edit. */
export interface EntryIdentity {
  readonly user: string;
  /** As it was written, with its `%`. */
  readonly text: string;
}

/** One line of a crontab that runs something. */
export interface CrontabEntry extends EntryIdentity {
  /** 1-based. */
  readonly line: number;
  readonly times: EntryTimes;
  readonly command: string;
  readonly stdin: string | null;
  /** What the lines above set, and nothing else: not yet what cron itself adds. */
  readonly environment: Readonly<Record<string, string>>;
  /** `failures`: cronie's `-n` before the command. */
  readonly mailed: "always" | "failures";
  /** By RANDOM_DELAY above it, how far its starts are spread, ms; 0: on time. */
  readonly delayMs: number;
  /** From the comment lines right above. */
  readonly description: string | null;
}

export interface ReadCrontab {
  readonly entries: readonly CrontabEntry[];
  readonly problems: readonly Problem[];
  /** Lines that were refused although it is known what they would run. */
  readonly refused: readonly RefusedEntry[];
}

export interface RefusedEntry extends EntryIdentity {
  readonly line: number;
}
