import { isIP } from "node:net";

/**
 * Whether a request names a host that is this one. A page in somebody's browser can make its own
 * name point to this address, and would then read what only this host may (DNS rebinding); but it
 * cannot choose what name is sent. Addresses are no names, so they are safe.
 *
 * @param header as `Host` has it; its port may be another, where something forwards to ours.
 * @param names by which this host is known.
 */
export function isOurs(header: string, names: readonly string[]): boolean {
  const { six, name } =
    /^(?:\[(?<six>[^\]]*)\]|(?<name>[^:[\]]*))(?::\d{0,5})?$/.exec(header)?.groups ?? {};
  if (six !== undefined) return isIP(six) === 6;
  if (name === undefined || name === "") return false;
  const plain = name.toLowerCase().replace(/\.$/, "");
  return isIP(plain) === 4 || names.some((known) => known.toLowerCase() === plain);
}
