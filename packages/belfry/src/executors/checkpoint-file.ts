import { constants } from "node:fs";
import { open, stat, writeFile } from "node:fs/promises";
import type { Clock } from "../clock.ts";
import type { AttemptServices } from "../executor.ts";
import { CHECKPOINT_BYTES_MAX } from "./context.ts";
import { warnOf } from "./function-context.ts";

/** How often a command's checkpoint is looked at while it runs, so that a crash loses little. */
const LOOK_MS = 5_000;
/** A file that changed more recently may be half written. */
const QUIET_MS = 200;

/**
 * The checkpoint of a command: a file that holds what an earlier attempt left in it. The store
 * keeps its text as a JSON string; the file itself lives as long as the attempt.
 */
export class CheckpointFile {
  readonly path: string;
  readonly #services: AttemptServices;
  readonly #clock: Clock;
  /** What the store has. */
  #saved: string | null = null;
  #changedAt: number | null = null;
  #withdraw: (() => void) | null = null;
  #closed = false;

  constructor(path: string, services: AttemptServices, clock: Clock) {
    this.path = path;
    this.#services = services;
    this.#clock = clock;
  }

  /** Writes what the run has; without a checkpoint there is no file. */
  async write(): Promise<void> {
    const json = await this.#services.loadCheckpoint();
    if (json === null) return;
    const value: unknown = JSON.parse(json);
    this.#saved = typeof value === "string" ? value : json;
    await writeFile(this.path, this.#saved, { mode: 0o600 });
    this.#changedAt = await this.#lastChange();
  }

  /** Saves what the command writes while it runs. */
  watch(): void {
    if (this.#closed) return;
    this.#withdraw = this.#clock.schedule(this.#clock.now() + LOOK_MS, () => {
      void this.#look().then(() => this.watch());
    });
  }

  /** Saves what the command left. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#withdraw?.();
    await this.#save();
  }

  async #look(): Promise<void> {
    const changedAt = await this.#lastChange();
    if (changedAt === null || changedAt === this.#changedAt) return;
    await new Promise<void>((resolve) => {
      this.#withdraw = this.#clock.schedule(this.#clock.now() + QUIET_MS, resolve);
    });
    if ((await this.#lastChange()) !== changedAt || this.#closed) return;
    this.#changedAt = changedAt;
    await this.#save();
  }

  async #save(): Promise<void> {
    try {
      const text = await this.#read();
      if (text === null || text === this.#saved) return;
      await this.#services.saveCheckpoint(JSON.stringify(text));
      this.#saved = text;
    } catch (error) {
      warnOf(this.#services, `the checkpoint could not be saved: ${error}`);
    }
  }

  async #lastChange(): Promise<number | null> {
    try {
      return (await stat(this.path)).mtimeMs;
    } catch {
      return null;
    }
  }

  /** Null where there is no file, or one that cannot be a checkpoint. */
  async #read(): Promise<string | null> {
    // The command may have put anything there: no link is followed, no pipe waited for.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const file = await open(this.path, flags).catch(() => null);
    if (file === null) return null;
    try {
      const { size } = await file.stat();
      if (size > CHECKPOINT_BYTES_MAX) {
        warnOf(
          this.#services,
          `the checkpoint has ${size} bytes and may have ${CHECKPOINT_BYTES_MAX}: it was not saved`,
        );
        return null;
      }
      return await file.readFile("utf8");
    } finally {
      await file.close();
    }
  }
}
