import { spawn } from "node:child_process";
import { closeSync, constants, openSync, unlinkSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { Socket } from "node:net";
import { join } from "node:path";

/** One direction of bytes: what is written to the descriptor is heard here. */
export interface OutputPipe {
  /** Tells no data by itself: that goes to who hears. */
  readonly reader: Socket;
  /** Takes what arrives from now on; the bytes are good during the call only. */
  hear(take: (bytes: Buffer) => void): void;
  /** To be given to a child and then closed. */
  readonly writer: number;
}

/** For stdout and stderr. */
export type OutputPipes = readonly [OutputPipe, OutputPipe];

const BATCH = 64;

/**
 * Real pipes for the output of commands. What Node itself gives to a child are sockets, and these
 * cannot be opened by name: under a socket `echo oops > /dev/stderr` fails, as it does not under
 * cron. Node cannot make a pipe, so `mkfifo` makes them, many at a time; each loses its name when
 * it is taken. Where there is no `mkfifo` a command gets Node's sockets.
 */
export class PipePool {
  readonly #folder: string;
  #names: string[] = [];
  #made = 0;
  #making: Promise<void> | null = null;
  #unavailable = false;

  /** @param folder the pool's own; made when it is needed. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Null where there are none to be had. */
  async take(): Promise<OutputPipes | null> {
    while (this.#names.length < 2 && !this.#unavailable) {
      this.#making ??= this.#make();
      await this.#making;
    }
    const [first, second] = this.#names.splice(0, 2);
    if (first === undefined || second === undefined) return null;
    try {
      return openBoth(first, second);
    } catch {
      // Somebody cleared the folder: the rest of them are gone too.
      this.#names = [];
      return null;
    }
  }

  async #make(): Promise<void> {
    const names = Array.from({ length: BATCH }, (_, index) =>
      join(this.#folder, String(this.#made + index)),
    );
    this.#made += BATCH;
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      await makeFifos(names);
      this.#names.push(...names);
    } catch {
      this.#unavailable = true;
    }
    this.#making = null;
  }
}

function makeFifos(names: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const maker = spawn("mkfifo", ["-m", "600", ...names], { stdio: "ignore" });
    maker.once("error", reject);
    maker.once("exit", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`mkfifo exited with ${code}`));
    });
  });
}

function openBoth(first: string, second: string): OutputPipes {
  const one = openPipe(first);
  try {
    return [one, openPipe(second)];
  } catch (error) {
    discard(one);
    throw error;
  }
}

/**
 * What all pipes of this process are read into, one after the other: each read is handed on at
 * once. Chunks of their own would be freed too late, and a flood cost hundreds of megabytes.
 */
const ROOM: Buffer = Buffer.allocUnsafeSlow(64 * 1024);

function openPipe(name: string): OutputPipe {
  // The reader first: opening a writer waits for one.
  const reading = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK);
  let take: (bytes: Buffer) => void = () => {};
  const callback = (length: number): boolean => {
    take(ROOM.subarray(0, length));
    return true;
  };
  const options = { fd: reading, readable: true, writable: false };
  const reader = new Socket({ ...options, onread: { buffer: ROOM, callback } });
  try {
    const writer = openSync(name, constants.O_WRONLY);
    unlinkSync(name);
    return {
      reader,
      writer,
      hear(taker) {
        take = taker;
      },
    };
  } catch (error) {
    reader.destroy();
    throw error;
  }
}

/** Gives up a pipe that no child was given. */
function discard(pipe: OutputPipe): void {
  closeSync(pipe.writer);
  pipe.reader.destroy();
}
