import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OwnServer } from "./server.fixture.ts";

const PORT = 5432;

/**
 * What lies between a node and its server, and can hang: then nothing comes through in either
 * direction, nobody is refused, and nobody is told, as by a firewall that has forgotten a connection.
 */
export class HangingProxy implements AsyncDisposable {
  readonly #folder: string;
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #state: "passes" | "hangs" = "passes";

  private constructor(folder: string, server: Server, to: OwnServer) {
    this.#folder = folder;
    this.#server = server;
    server.on("connection", (near) => this.#join(near, to));
  }

  static async start(to: OwnServer): Promise<HangingProxy> {
    const folder = mkdtempSync(join(tmpdir(), "belfry-proxy-"));
    const server = createServer();
    const proxy = new HangingProxy(folder, server, to);
    server.listen(join(folder, `.s.PGSQL.${PORT}`));
    await once(server, "listening");
    return proxy;
  }

  url(database = "postgres"): string {
    return `postgres://tester@/${database}?host=${this.#folder}&port=${PORT}`;
  }

  /** Holds back all that is sent, and whoever comes. */
  hang(): void {
    this.#state = "hangs";
    for (const socket of [...this.#pairs].flat()) socket.pause();
  }

  /** Whoever comes from now on gets through; what hangs goes on hanging. */
  forget(): void {
    this.#state = "passes";
  }

  /** What was held back comes through now. */
  pass(): void {
    this.#state = "passes";
    for (const socket of [...this.#pairs].flat()) socket.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of [...this.#pairs].flat()) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #join(near: Socket, to: OwnServer): void {
    const far = createConnection(`${to.folder}/.s.PGSQL.${to.port}`);
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    for (const [from, into] of [pair, [far, near]] as const) {
      from.on("data", (chunk) => into.write(chunk));
      from.on("error", () => {});
      from.on("close", () => {
        into.destroy();
        this.#pairs.delete(pair);
      });
    }
    if (this.#state === "hangs") for (const socket of pair) socket.pause();
  }
}
