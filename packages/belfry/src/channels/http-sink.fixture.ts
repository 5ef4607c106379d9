import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** A server that keeps what it is sent, and answers as it is told. */
export class HttpSink implements AsyncDisposable {
  readonly received: Received[] = [];
  readonly #server: Server;

  private constructor(answer: RequestListener) {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const { method, url: path, headers } = request;
        this.received.push({ method, path, headers, body: Buffer.concat(chunks).toString() });
        answer(request, response);
      });
    });
  }

  static async open(
    answer: RequestListener = (_, response) => response.end("ok"),
  ): Promise<HttpSink> {
    const sink = new HttpSink(answer);
    await new Promise<void>((resolve) => sink.#server.listen(0, "127.0.0.1", resolve));
    return sink;
  }

  get port(): number {
    return address(this.#server).port;
  }

  url(path = "/"): URL {
    return new URL(path, `http://127.0.0.1:${this.port}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function address(server: Server): AddressInfo {
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("it does not listen");
  return bound;
}
