import type { AddressInfo } from "node:net";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly message: string;
  readonly encrypted: "yes" | "no";
  readonly user: string | null;
}

/** A mail server that keeps what it is sent. It has a certificate that nobody has signed. */
export class SmtpSink implements AsyncDisposable {
  readonly received: ReceivedMail[] = [];
  readonly #server: SMTPServer;

  private constructor(options: SMTPServerOptions) {
    this.#server = new SMTPServer({
      authOptional: true,
      logger: false,
      onAuth: ({ username, password }, _, done) => {
        if (password === "right") done(null, { user: username });
        else done(new Error(`no such login: ${username} ${password}`));
      },
      onRcptTo: ({ address }, _, done) => {
        done(address.startsWith("nobody") ? new Error(`no ${address} here`) : null);
      },
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        stream.on("data", (chunk: Buffer) => chunks.push(chunk));
        stream.on("end", () => {
          const { mailFrom, rcptTo } = session.envelope;
          this.received.push({
            from: mailFrom === false ? "" : mailFrom.address,
            to: rcptTo.map(({ address }) => address),
            message: Buffer.concat(chunks).toString(),
            encrypted: session.secure ? "yes" : "no",
            user: typeof session.user === "string" ? session.user : null,
          });
          done(null, "taken as 42");
        });
      },
      ...options,
    });
    this.#server.on("error", () => {});
  }

  static async open(options: SMTPServerOptions = {}, host = "127.0.0.1"): Promise<SmtpSink> {
    const sink = new SmtpSink(options);
    await new Promise<void>((resolve) => {
      sink.#server.listen(0, host, resolve);
    });
    return sink;
  }

  get port(): number {
    const bound: AddressInfo | string | null = this.#server.server.address();
    if (bound === null || typeof bound === "string") throw new Error("it does not listen");
    return bound.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(resolve);
    });
  }
}
