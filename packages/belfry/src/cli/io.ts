import type { Clock } from "../clock.ts";

/** Where text goes: a stream of the process, or a string in a test. */
export interface Output {
  readonly isTTY: boolean;
  /** Width of the terminal; null where there is none. */
  readonly columns: number | null;
  write(text: string): void;
}

/** Ends a program: a key or an operator, or, as `SIGPIPE`, that nobody reads its output any more. */
export type Signal = "SIGINT" | "SIGTERM" | "SIGPIPE";

/** All that the command line has of the process it runs in. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  /** Text as it comes, in pieces. */
  readonly stdin: AsyncIterable<string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly clock: Clock;
  /** Takes signals from now on, which else end the process; returns how to stop it. */
  onSignal(listener: (signal: Signal) => void): () => void;
}

/** Exit code of a program that a signal ended. Nobody learns that of one that writes to nobody. */
export function signalCode(signal: Signal): number {
  if (signal === "SIGINT") return 130;
  return signal === "SIGTERM" ? 143 : 0;
}

/** Resolves after a while. */
export function wait(clock: Clock, durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.schedule(clock.now() + durationMs, resolve);
  });
}
