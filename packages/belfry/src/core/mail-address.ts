/** Who a mail is from or for. */
export interface Mailbox {
  /** For people; null: there is none. */
  readonly name: string | null;
  readonly address: string;
}

const ADDRESS_LENGTH_MAX = 254;
/**
 * Far less than RFC 5321 allows: what a mail program might take for an option, a file, a program or
 * a second address is none. Without a domain it is a user of the host.
 */
const ADDRESS =
  /^[A-Za-z0-9_][A-Za-z0-9._%+=~-]*(?:@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*)?$/;
const NAMED = /^(?<name>"[^"\\\p{C}]*"|[^"\\<>\p{C}]*?)\s*<(?<address>[^<>]+)>$/u;

/** Whether it is `user@domain`, or a user of the host, and nothing else. */
export function isMailAddress(text: string): boolean {
  return text.length <= ADDRESS_LENGTH_MAX && ADDRESS.test(text);
}

/** Reads `address` or `Name <address>`; null: it is neither. */
export function readMailbox(text: string): Mailbox | null {
  const written = text.trim();
  if (isMailAddress(written)) return { name: null, address: written };
  const { name = "", address = "" } = NAMED.exec(written)?.groups ?? {};
  if (!isMailAddress(address)) return null;
  const bare = name.replaceAll('"', "").trim();
  return { name: bare === "" ? null : bare, address };
}
