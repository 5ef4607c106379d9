/** One line of a run's output. */
export interface LogLine {
  readonly at: number;
  readonly attempt: number;
  readonly stream: "stdout" | "stderr" | "log";
  readonly level: "debug" | "info" | "warn" | "error" | null;
  readonly text: string;
  /** JSON text of the fields given to `ctx.log`, or null. */
  readonly fields: string | null;
}

export interface LogBatch {
  readonly run: string;
  readonly attempt: number;
  /** Rising within the attempt; a line's number, the dropped ones counted. */
  readonly firstLine: number;
  readonly lines: readonly LogLine[];
  /**
   * Lines of this attempt in [from, to) that are to be forgotten before these are written: the
   * middle; head and tail stay. Both ends are borders of earlier batches.
   */
  readonly forget: { readonly from: number; readonly to: number } | null;
}

/** What runs said, apart from the state: slow or failing logs never slow or fail a run. */
export interface Logs {
  /** Resolves when written; a power cut may lose the last seconds. */
  append(batches: readonly LogBatch[]): Promise<void>;
  /** Lines in order of arrival after line `after` of `afterAttempt`; of all attempts or of one. */
  read(query: LogQuery): Promise<LogPage>;
  /** Drops days that ended before `before`. */
  prune(before: number): Promise<void>;
  close(): Promise<void>;
}

export interface LogQuery {
  readonly run: string;
  /** Due instant of the run, and when it ended or null: which days to look at. */
  readonly fromAt: number;
  readonly untilAt: number | null;
  readonly attempt: number | null;
  /** A cursor from an earlier page, or null for the beginning. */
  readonly after: string | null;
  readonly limit: number;
}

export interface LogPage {
  readonly lines: readonly LogLine[];
  /** Ask with it for what came since; equal to the one given where nothing did. */
  readonly cursor: string | null;
}
