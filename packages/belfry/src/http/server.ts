import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { BelfryError } from "../core/errors.ts";
import { type HttpAddress, writtenHttpAddress } from "../define/http-address.ts";
import type { Answer } from "./answer.ts";
import type { Request } from "./router.ts";

/** Whoever asks gets this much and no more. */
const LIMITS = {
  maxHeaderSize: 8 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 5_000,
};
const CONNECTIONS_MAX = 100;
const REQUESTS_A_CONNECTION = 1_000;
/** A connection on which nothing moves, ms: also one whose reader does not read. */
const IDLE_MS = 30_000;
/** Ports that are tried after one that is taken, so that a host's nodes are found at known ones. */
const NEXT_PORTS = 9;

/** An open port. */
export interface HttpServer {
  readonly address: HttpAddress;
  /** `taken`: another program has the port that was asked for. */
  readonly port: "asked" | "taken";
  close(): Promise<void>;
}

/**
 * Opens a port, the next free one where it is taken.
 * @throws BelfryError `bad-http-address` where that cannot be done.
 */
export async function openServer(
  asked: HttpAddress,
  answer: (request: Request) => Promise<Answer>,
): Promise<HttpServer> {
  const server = createServer(LIMITS, (request, response) => {
    reply(request, response, answer).catch(() => response.destroy());
  });
  server.maxConnections = CONNECTIONS_MAX;
  server.maxRequestsPerSocket = REQUESTS_A_CONNECTION;
  server.timeout = IDLE_MS;
  const port = await listenNear(server, asked);
  return {
    address: { host: asked.host, port },
    port: asked.port === 0 || asked.port === port ? "asked" : "taken",
    close: () => close(server),
  };
}

async function reply(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (request: Request) => Promise<Answer>,
): Promise<void> {
  const { method = "", url = "", headers } = request;
  const length = headers["content-length"] ?? "0";
  const body = headers["transfer-encoding"] === undefined && length === "0" ? "none" : "some";
  const { accept, host } = headers;
  const said = await answer({ method, target: url, host, accept, body });
  // What follows the headers is not waited for.
  if (body === "some") response.setHeader("connection", "close");
  const bytes = Buffer.from(said.body);
  response.writeHead(said.status, { ...said.headers, "content-length": bytes.length });
  response.end(method === "HEAD" ? undefined : bytes);
}

async function listenNear(server: Server, { host, port }: HttpAddress): Promise<number> {
  const next = Array.from({ length: NEXT_PORTS }, (_, index) => port + 1 + index);
  const ports = [port, ...next.filter((each) => port > 0 && each <= 65_535), 0];
  for (const each of ports) {
    const opened = await listen(server, host, each);
    if (opened !== "taken") return opened;
  }
  throw cannotOpen({ host, port }, "no port is free");
}

function listen(server: Server, host: string, port: number): Promise<number | "taken"> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      if (error.code === "EADDRINUSE") resolve("taken");
      else reject(cannotOpen({ host, port }, error.code ?? error.message));
    };
    server.once("error", failed);
    server.listen({ host, port, exclusive: true }, () => {
      server.off("error", failed);
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

function cannotOpen(address: HttpAddress, cause: string): BelfryError {
  const message = `The port ${writtenHttpAddress(address)} cannot be opened: ${cause}.`;
  const hint = "Name another by node.http or BELFRY_HTTP; `off` opens none.";
  return new BelfryError("usage", "bad-http-address", message, hint);
}

/** Answers under way are cut off: nobody is kept waiting by a reader that does not read. */
function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
