import type { Connection } from "./connection.ts";

interface Waiting {
  readonly resolve: (line: Connection) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A few lines to one database, opened when they are needed and lent one by one, for a transaction
 * each. One that has ended is forgotten; the next who needs one opens another.
 */
export class Lines {
  readonly #open: () => Promise<Connection>;
  readonly #most: number;
  readonly #resting: Connection[] = [];
  readonly #waiting: Waiting[] = [];
  readonly #lent = new Set<Connection>();
  readonly #old = new WeakSet<Connection>();
  #opening = 0;
  #closed: Error | null = null;

  constructor(most: number, open: () => Promise<Connection>) {
    this.#most = most;
    this.#open = open;
  }

  /** Lends a line for as long as `work` takes. @throws what opening one throws. */
  async use<T>(work: (line: Connection) => Promise<T>): Promise<T> {
    const line = await this.#take();
    this.#lent.add(line);
    try {
      return await work(line);
    } finally {
      this.#lent.delete(line);
      this.#give(line);
    }
  }

  /** Ends those that rest, and the others when they are given back: who needs one opens another. */
  turnOver(): void {
    for (const line of this.#resting.splice(0)) void line.close();
    for (const line of this.#lent) this.#old.add(line);
  }

  /** Ends those that rest, and the others when they are given back. Nobody gets one any more. */
  async close(why: Error): Promise<void> {
    this.#closed ??= why;
    for (const { reject } of this.#waiting.splice(0)) reject(why);
    await Promise.all(this.#resting.splice(0).map((line) => line.close()));
  }

  async #take(): Promise<Connection> {
    if (this.#closed !== null) throw this.#closed;
    for (let line = this.#resting.pop(); line !== undefined; line = this.#resting.pop()) {
      if (line.ended === null) return line;
    }
    if (this.#lent.size + this.#opening < this.#most) return await this.#opened();
    return await new Promise<Connection>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });
  }

  async #opened(): Promise<Connection> {
    this.#opening += 1;
    try {
      return await this.#open();
    } catch (error) {
      // No line comes back that could be handed on: who waits tries for itself, or would wait for ever.
      this.#openFor(this.#waiting.shift());
      throw error;
    } finally {
      this.#opening -= 1;
    }
  }

  #openFor(next: Waiting | undefined): void {
    if (next !== undefined) this.#opened().then(next.resolve, next.reject);
  }

  #give(line: Connection): void {
    if (this.#closed !== null) {
      void line.close();
      return;
    }
    const next = this.#waiting.shift();
    const isOld = this.#old.has(line);
    if (isOld) void line.close();
    if (line.ended === null && !isOld) {
      if (next === undefined) this.#resting.push(line);
      else next.resolve(line);
    } else this.#openFor(next);
  }
}
