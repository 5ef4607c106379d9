import { Readable } from "node:stream";
import type { Clock } from "../clock.ts";
import { systemClock } from "../clocks/system.ts";
import type { Io, Signal } from "./io.ts";
import { main } from "./main.ts";

/** What a command line would have of a process, and what it wrote. */
export interface Captured {
  readonly io: Io;
  readonly stdout: string;
  readonly stderr: string;
  signal(signal: Signal): void;
  /** Resolves once stdout has this in it. */
  wrote(text: string): Promise<void>;
}

export interface CapturedOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  /** Columns of the terminal; null: both streams are pipes. */
  readonly terminal?: number | null;
  /** What comes on standard input, piece by piece. */
  readonly stdin?: readonly string[];
}

export function captureIo(options: CapturedOptions = {}): Captured {
  const { cwd = "/nowhere", env = {}, clock = systemClock, terminal = null, stdin = [] } = options;
  const written = { stdout: "", stderr: "" };
  const listeners = new Set<(signal: Signal) => void>();
  const waiting: { text: string; resolve: () => void }[] = [];
  const output = (name: "stdout" | "stderr") => ({
    isTTY: terminal !== null,
    columns: terminal,
    write(text: string) {
      written[name] += text;
      for (const wait of waiting) if (written.stdout.includes(wait.text)) wait.resolve();
    },
  });
  return {
    io: {
      stdout: output("stdout"),
      stderr: output("stderr"),
      stdin: Readable.from(stdin),
      env,
      cwd,
      clock,
      onSignal(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    get stdout() {
      return written.stdout;
    },
    get stderr() {
      return written.stderr;
    },
    signal(signal) {
      for (const listener of [...listeners]) listener(signal);
    },
    wrote(text) {
      if (written.stdout.includes(text)) return Promise.resolve();
      return new Promise((resolve) => {
        waiting.push({ text, resolve });
      });
    },
  };
}

/** What one command line came to. */
export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function belfry(
  argv: readonly string[],
  options: CapturedOptions = {},
): Promise<Answer> {
  const captured = captureIo(options);
  const code = await main(argv, captured.io);
  return { code, stdout: captured.stdout, stderr: captured.stderr };
}
