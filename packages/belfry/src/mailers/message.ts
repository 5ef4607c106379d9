import MimeNode from "nodemailer/lib/mime-node";
import { encode, wrap } from "nodemailer/lib/qp";
import { isMailAddress, readMailbox } from "../core/mail-address.ts";
import type { Mail } from "../mailer.ts";

/** What the way that a mail takes may carry: `8bit` is any UTF-8, `7bit` only ASCII. */
export type Carries = "7bit" | "8bit";

export interface MessageOptions {
  /** The `From` of mails that name none. */
  readonly sender: string;
  readonly carries: Carries;
  /** What is made of an address without a domain. */
  qualify(address: string): string;
  readonly now: number;
}

/** RFC 5322 allows no longer ones, in octets. */
const LINE_BYTES_MAX = 998;
/** So that a value without a blank to fold at is no longer than a line may be. */
const VALUE_LENGTH_MAX = 900;
const ENCODING = "content-transfer-encoding";

/**
 * A mail as text with `\n` at the ends of lines. Whatever its fields hold, it has the headers that
 * are meant and no others: line ends and other controls in them become blanks, and what is too
 * long is cut.
 */
export function formatMessage(mail: Mail, options: MessageOptions): string {
  const body = bodyOf(mail, options.carries);
  const node = new MimeNode();
  node.date = new Date(options.now);
  node.setHeader("From", senderOf(mail, options));
  node.setHeader("Subject", asIs(mail.subject));
  node.setHeader("Message-ID", `<${flat(mail.messageId)}>`);
  node.setHeader("MIME-Version", "1.0");
  node.setHeader("Content-Transfer-Encoding", body.encoding);
  for (const [name, value] of mail.headers) {
    if (name.toLowerCase() !== ENCODING) node.addHeader(name, asIs(value));
  }
  const type = flat(mail.contentType ?? "text/plain; charset=utf-8");
  // As it is: a part of several would be given a boundary that its text does not have.
  node.setHeader("Content-Type", { prepared: true, value: type });
  const headers = node.buildHeaders().replaceAll("\r\n", "\n");
  // By hand, since to the library a user of this host is no address.
  return `To: ${recipients(mail, options)}\n${headers}\n\n${body.text}`;
}

/** Plain ASCII stays as it is, also with quotes, which the library would encode. */
function asIs(text: string): string | { prepared: boolean; value: string } {
  const value = flat(text);
  return /^[ -~]*$/.test(value) ? { prepared: true, value } : value;
}

/** With a name at any rate: to the library an address without a domain is none by itself. */
function senderOf({ from }: Mail, { sender, qualify }: MessageOptions): string {
  const { name, address } = readMailbox(from ?? sender) ?? { name: null, address: sender };
  const whole = qualify(address);
  if (name === null && whole.includes("@")) return whole;
  return `"${name ?? address}" <${whole}>`;
}

function recipients({ to }: Mail, { qualify }: MessageOptions): string {
  return to
    .filter(isMailAddress)
    .map((address) => qualify(address))
    .join(",\n ");
}

function flat(value: string): string {
  return value
    .slice(0, VALUE_LENGTH_MAX)
    .replace(/\p{Cc}+/gu, " ")
    .trim();
}

interface Body {
  readonly encoding: string;
  readonly text: string;
}

function bodyOf({ text, headers, contentType }: Mail, carries: Carries): Body {
  const whole = text.replaceAll("\0", "").replace(/\r\n?/g, "\n");
  const lines = whole.endsWith("\n") || whole === "" ? whole : `${whole}\n`;
  const isAscii = !/[^\0-\x7f]/.test(lines);
  const isShort = lines.split("\n").every((line) => Buffer.byteLength(line) <= LINE_BYTES_MAX);
  const encoding8 = isAscii ? "7bit" : "8bit";
  // The parts of a mail say themselves how they are encoded.
  if (/^(?:multipart|message)\//i.test(contentType ?? ""))
    return { encoding: encoding8, text: lines };
  const [, claimed = ""] = headers.find(([name]) => name.toLowerCase() === ENCODING) ?? [];
  const encoding = claimed.trim().toLowerCase();
  // What says that it is encoded and does not look so is not.
  if (["base64", "quoted-printable"].includes(encoding) && isAscii && isShort) {
    return { encoding, text: lines };
  }
  if (isShort && (isAscii || carries === "8bit")) return { encoding: encoding8, text: lines };
  return { encoding: "quoted-printable", text: quoted(lines) };
}

function quoted(lines: string): string {
  return wrap(encode(lines)).replaceAll("\r\n", "\n");
}
