import { BelfryError } from "../core/errors.ts";

/** Where a node answers health checks and shows its metrics. */
export interface HttpAddress {
  /** A name or an address, an IPv6 one without brackets. */
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

/** Nobody but this host can reach it. */
const LOOPBACK = "127.0.0.1";
export const DEFAULT_HTTP: string = `${LOOPBACK}:7411`;

export const HTTP_HINT: string =
  `write HOST:PORT, such as ${DEFAULT_HTTP}; a port alone is one of ${LOOPBACK}; ` +
  '"off" opens none';

/** Reads `HOST:PORT`, `PORT` or `off`; null: it is none of these. */
export function parseHttpAddress(text: string): HttpAddress | "off" | null {
  if (text === "off") return text;
  const { six, name, port } =
    /^(?:(?:\[(?<six>[0-9a-fA-F:.]+)\]|(?<name>[A-Za-z0-9._-]+)):)?(?<port>\d{1,5})$/.exec(text)
      ?.groups ?? {};
  if (port === undefined || Number(port) > 65_535) return null;
  return { host: six ?? name ?? LOOPBACK, port: Number(port) };
}

/**
 * As `parseHttpAddress`, with null for `off`.
 *
 * @param place what the message names, such as `BELFRY_HTTP`.
 * @throws BelfryError `bad-http-address`.
 */
export function readHttpAddress(text: string, place: string): HttpAddress | null {
  const address = parseHttpAddress(text);
  if (address !== null) return address === "off" ? null : address;
  throw new BelfryError("usage", "bad-http-address", `${place}: is no address`, HTTP_HINT);
}

/** `HOST:PORT`, as it stands in a URL. */
export function writtenHttpAddress({ host, port }: HttpAddress): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
