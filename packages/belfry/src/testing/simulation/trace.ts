import { createHash } from "node:crypto";

const TAIL = 80;

/** What happened, in order: hashed to compare two runs of a seed, and its tail kept to be read. */
export class Trace {
  readonly #hash = createHash("sha1");
  readonly #tail: string[] = [];
  readonly #print: ((line: string) => void) | null;
  readonly #from: number;
  #lines = 0;

  /** @param print gets each line as it comes, or null. */
  constructor(from: number, print: ((line: string) => void) | null) {
    this.#from = from;
    this.#print = print;
  }

  get lines(): number {
    return this.#lines;
  }

  add(at: number, who: string, what: string): void {
    const line = `${at - this.#from} ${who} ${what}`;
    this.#hash.update(line);
    this.#lines += 1;
    this.#tail.push(line);
    if (this.#tail.length > TAIL) this.#tail.shift();
    this.#print?.(`${elapsed(at - this.#from)} ${who.padEnd(8)} ${what}`);
  }

  tail(): readonly string[] {
    return this.#tail;
  }

  digest(): string {
    return this.#hash.digest("hex");
  }
}

/** `1:02:03.004`. */
function elapsed(ms: number): string {
  const part = (size: number, modulus: number): string =>
    String(Math.floor(ms / size) % modulus).padStart(2, "0");
  const millis = String(ms % 1000).padStart(3, "0");
  return `${Math.floor(ms / 3_600_000)}:${part(60_000, 60)}:${part(1000, 60)}.${millis}`;
}
