import { isIP } from "node:net";
import { type HttpAddress, writtenHttpAddress } from "../define/http-address.ts";
import { type Problem, warning } from "../define/problem.ts";
import type { HttpServer } from "./server.ts";

/** What whoever started a node should know of the port that it opened. */
export function addressProblems(
  asked: HttpAddress,
  { address, port }: Pick<HttpServer, "address" | "port">,
): readonly Problem[] {
  const here = writtenHttpAddress(address);
  const faults = [];
  if (port === "taken") {
    const message = `${writtenHttpAddress(asked)} is taken, by another node perhaps: health and metrics are at ${here}`;
    faults.push(warning([], message, "name another by node.http or BELFRY_HTTP"));
  }
  if (!isLoopback(address.host)) {
    const message = `other hosts can read health and metrics at ${here}, with the names of all tasks`;
    faults.push(warning([], message, "let a firewall or a proxy decide who may"));
  }
  return faults.map(({ severity, message, hint }) => {
    return { severity, file: null, line: null, path: "node.http", message, hint };
  });
}

function isLoopback(host: string): boolean {
  if (isIP(host) === 4) return host.startsWith("127.");
  return host === "localhost" || host === "::1";
}
