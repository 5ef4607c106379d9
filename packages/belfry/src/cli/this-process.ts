import type { Clock } from "../clock.ts";
import type { Io, Output, Signal } from "./io.ts";
import { main } from "./main.ts";

/** Runs the command line in this process, and ends it with the exit code. */
export async function start(clock: Clock): Promise<void> {
  const code = await main(process.argv.slice(2), processIo(clock));
  // What was written to a pipe is still on its way; what was opened may still hold the process.
  await Promise.all([process.stdout, process.stderr].map(flushed));
  process.exit(code);
}

function processIo(clock: Clock): Io {
  const listeners = new Set<(signal: Signal) => void>();
  const hear = (signal: Signal): void => {
    for (const listener of listeners) listener(signal);
  };
  let unread = false;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      // Nobody reads any more: what is under way ends in order, everything else at once.
      if (listeners.size === 0) process.exit(0);
      if (!unread) hear("SIGPIPE");
      unread = true;
    });
  }
  return {
    stdout: output(process.stdout),
    stderr: output(process.stderr),
    // Not touched before somebody reads: a terminal's would else keep the process.
    stdin: {
      [Symbol.asyncIterator]: () => process.stdin.setEncoding("utf8")[Symbol.asyncIterator](),
    },
    env: process.env,
    cwd: process.cwd(),
    clock,
    onSignal(listener) {
      listeners.add(listener);
      if (listeners.size === 1) for (const name of SIGNALS) process.on(name, hear);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) for (const name of SIGNALS) process.off(name, hear);
      };
    },
  };
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

function output(stream: NodeJS.WriteStream): Output {
  return {
    isTTY: stream.isTTY === true,
    get columns() {
      // A terminal that was never told its size says 0.
      return stream.isTTY ? stream.columns || null : null;
    },
    write: (text) => void stream.write(text),
  };
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || !stream.writable) resolve();
    else stream.write("", () => resolve());
  });
}
