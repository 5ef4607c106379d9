import { once } from "node:events";
import { mkdirSync, rmSync } from "node:fs";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";

const PORT = 5432;
/** As long as a server's keepalives take, which a socket in a folder has none of. */
const FOUND_DEAD_MS = 60_000;

/** What befalls the next commit on the wire. */
export type Cut = "before" | "after";

/**
 * What lies between a node and its server. It knows enough of PostgreSQL's protocol to see a
 * transaction's commit come by, and can lose it, or its answer, with the line it came on; it can
 * swallow all that is sent; and it can lead to another server.
 */
export class Wire implements AsyncDisposable {
  readonly url: string;
  readonly #folder: string;
  readonly #server: Server;
  readonly #lines = new Set<Line>();
  #to: string;
  #hangs = false;
  #cut: Cut | null = null;
  #cuts = 0;

  private constructor(folder: string, server: Server, url: string, to: string) {
    this.#folder = folder;
    this.#server = server;
    this.url = url;
    this.#to = to;
    server.on("connection", (near) => this.#join(near));
  }

  /**
   * @param within a folder that may hold it.
   * @param url of the database that it leads to, by a socket in a folder.
   */
  static async start(within: string, name: string, url: string): Promise<Wire> {
    const folder = join(within, name);
    mkdirSync(folder);
    const server = createServer();
    const near = url.replace(/host=[^&]*/, `host=${folder}`);
    const wire = new Wire(folder, server, near, socketOf(url));
    server.listen(socketOf(near));
    await once(server, "listening");
    return wire;
  }

  /** How many commits were cut so far. */
  get cuts(): number {
    return this.#cuts;
  }

  /** Ends the line of the next commit, before it reaches the server or before its answer comes back. */
  cutNextCommit(cut: Cut): void {
    this.#cut = cut;
  }

  /** Nothing comes through any more, nobody is refused, nobody is told. */
  hang(): void {
    this.#hangs = true;
    for (const line of this.#lines) line.pause();
  }

  /**
   * Whoever comes from now on gets through. What hung goes on hanging until the server finds it
   * dead after a time.
   */
  forget(): void {
    this.#hangs = false;
    for (const line of this.#lines) {
      setTimeout(() => line.end(), FOUND_DEAD_MS).unref();
    }
  }

  /** Ends all lines; whoever comes from now on is led to this database's server. */
  lead(url: string): void {
    this.#to = socketOf(url);
    for (const line of this.#lines) line.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const line of this.#lines) line.end();
    this.#server.close();
    await once(this.#server, "close");
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #join(near: Socket): void {
    const line = new Line(near, createConnection(this.#to), () => this.#fateOf());
    this.#lines.add(line);
    near.on("close", () => this.#lines.delete(line));
    if (this.#hangs) line.pause();
  }

  #fateOf(): Cut | null {
    const cut = this.#cut;
    this.#cut = null;
    if (cut !== null) this.#cuts += 1;
    return cut;
  }
}

function socketOf(url: string): string {
  const folder = /host=([^&]*)/.exec(url)?.[1];
  if (folder === undefined) throw new Error(`${url} names no folder with a socket`);
  return join(folder, `.s.PGSQL.${PORT}`);
}

/** One line through the wire. */
class Line {
  readonly #near: Socket;
  readonly #far: Socket;

  /** @param fateOf what befalls the commit that has just come. */
  constructor(near: Socket, far: Socket, fateOf: () => Cut | null) {
    this.#near = near;
    this.#far = far;
    const requests = new Requests();
    let answered = false;
    near.on("data", (chunk: Buffer) => {
      const cut = requests.bringCommit(chunk) ? fateOf() : null;
      if (cut === "before") return this.end();
      if (cut === "after") answered = true;
      far.write(chunk);
    });
    far.on("data", (chunk) => {
      if (answered) this.end();
      else near.write(chunk);
    });
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on("error", () => {});
      from.on("close", () => into.destroy());
    }
  }

  pause(): void {
    for (const socket of [this.#near, this.#far]) socket.pause();
  }

  end(): void {
    for (const socket of [this.#near, this.#far]) socket.destroy();
  }
}

const LENGTH_BYTES = 4;
/** A statement's name for `commit`, once it is prepared. */
const PARSE = "P".charCodeAt(0);
const BIND = "B".charCodeAt(0);
const QUERY = "Q".charCodeAt(0);

/** What a client asks of the server, message by message. */
export class Requests {
  #rest: Buffer = Buffer.alloc(0);
  /** The first message bears no letter. */
  #greeted = false;
  readonly #commits = new Set<string>();

  /** Whether a commit is asked for in what has come whole by now. */
  bringCommit(chunk: Buffer): boolean {
    let bytes = Buffer.concat([this.#rest, chunk]);
    let commits = false;
    for (;;) {
      const head = this.#greeted ? 1 : 0;
      if (bytes.length < head + LENGTH_BYTES) break;
      const whole = head + bytes.readUInt32BE(head);
      if (bytes.length < whole) break;
      const body = bytes.subarray(head + LENGTH_BYTES, whole);
      if (this.#greeted) commits = this.#isCommit(bytes[0], body) || commits;
      this.#greeted = true;
      bytes = bytes.subarray(whole);
    }
    this.#rest = Buffer.from(bytes);
    return commits;
  }

  #isCommit(letter: number | undefined, body: Buffer): boolean {
    const [first = "", second = ""] = body.toString("latin1").split("\0", 2);
    if (letter === PARSE) {
      if (second === "commit") this.#commits.add(first);
      else this.#commits.delete(first);
      return false;
    }
    if (letter === BIND) return this.#commits.has(second);
    return letter === QUERY && first === "commit";
  }
}
