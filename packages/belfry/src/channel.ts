/** Where alerts go: a webhook, a mailbox, a command. */
export interface Channel {
  /**
   * Resolves when the other side has taken it, with what that said, in one line.
   * @throws where it has not: it is tried again later, for as long as it takes, although it was
   * `RefusedForGood`: whoever mends the channel gets what it did not take. The message holds no
   * secret of the configuration.
   */
  send(alert: Alert, signal: AbortSignal): Promise<string>;
}

/** One message about one step of an incident, the same in every try. */
export interface Alert {
  /** `INCIDENT/STEP/CHANNEL`: whoever gets it twice can tell. */
  readonly id: string;
  readonly step: AlertStep;
  readonly channel: string;
  /** The instant of the step, ms UTC. */
  readonly at: number;
  readonly incident: AlertedIncident;
  /** One line of text. */
  readonly subject: string;
  /** Plain text for people: what, since when, how often, the last error, the log's tail, what to do. */
  readonly text: string;
}

/** `test`: nothing is wrong, somebody tries the channel. */
export type AlertStep = "opened" | "closed" | "test";

export interface AlertedIncident {
  readonly id: string;
  /** `task`: its runs fail or come too late. `down`: nothing was alive. */
  readonly kind: "task" | "down";
  readonly task: string | null;
  readonly openedAt: number;
  readonly closedAt: number | null;
  /** Failed runs and missed occurrences so far. */
  readonly count: number;
  readonly severity: string | null;
  readonly owner: string | null;
  readonly runbook: string | null;
  /** The run that failed last, if one did. */
  readonly run: string | null;
  readonly reason: string | null;
  /** The last line of the error. */
  readonly error: string | null;
  /** The last lines of the run's output. */
  readonly tail: readonly string[];
  /** Commands that help. */
  readonly remedy: readonly string[];
}
