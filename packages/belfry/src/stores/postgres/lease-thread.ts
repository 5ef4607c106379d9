import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { systemClock, systemRandom } from "../../clocks/system.ts";
import type { LeaseTerms } from "../../lease.ts";
import { BEAT_MS } from "../pulse.ts";
import { markStalled } from "../sql/nodes.ts";
import { Stalls } from "../stalls.ts";
import { Connection } from "./connection.ts";
import { perform } from "./drive.ts";
import { checked, Identity } from "./identity.ts";
import type { FromLease, LeaseStart, ToLease } from "./lease-protocol.ts";
import { renewBy } from "./renewal.ts";

const DEADLINE_MS_MIN = 1_000;

/** A node and the right to work that it holds. */
interface Held {
  readonly node: string;
  readonly terms: LeaseTerms;
}

/**
 * The thread that renews a node's lease, by a line of its own: a program that blocks its event loop
 * does not lose it, nor one whose other lines are all at work. `lease.ts` speaks to it.
 */
class LeaseKeeper {
  readonly #start: LeaseStart;
  readonly #port: MessagePort;
  readonly #stalls: Stalls;
  readonly #identity = new Identity();
  #held: Held | null = null;
  #line: Connection | null = null;
  #withdraw: () => void = () => {};
  #beating: NodeJS.Timeout | undefined;

  constructor(start: LeaseStart, port: MessagePort) {
    this.#start = start;
    this.#port = port;
    this.#stalls = new Stalls(start);
    port.on("message", (message: ToLease) => {
      if (message.kind === "hold") this.#hold(message, message.inMs);
      else this.#release();
    });
  }

  #hold(held: Held, inMs: number): void {
    this.#held = held;
    this.#renewIn(inMs, held);
    this.#beating ??= setInterval(() => this.#beat(), BEAT_MS);
  }

  #release(): void {
    this.#held = null;
    this.#withdraw();
    clearInterval(this.#beating);
    this.#beating = undefined;
    this.#drop();
    this.#post({ kind: "released" });
  }

  #renewIn(ms: number, held: Held): void {
    this.#withdraw();
    this.#withdraw = systemClock.schedule(systemClock.now() + ms, () => void this.#renew(held));
  }

  async #renew(held: Held): Promise<void> {
    const { node, terms } = held;
    let waitMs = terms.renewMs;
    try {
      const line = await this.#lineFor(terms);
      if (this.#held !== held) return this.#dropUnheld();
      const renewed = await renewBy(line, node, terms.leaseMs, systemClock);
      if (this.#held !== held) return;
      this.#post({ kind: "renewed", node, renewed });
      if (!renewed.alive) return;
    } catch {
      // The lease runs on to its end, of which the program knows; it is tried again well before, and
      // not by all nodes at once.
      this.#drop();
      waitMs = (terms.renewMs / 4) * (0.5 + systemRandom() / 2);
    }
    if (this.#held === held) this.#renewIn(waitMs, held);
  }

  /** A line that does not answer is given up early enough for another one to save the lease. */
  async #lineFor({ leaseMs }: LeaseTerms): Promise<Connection> {
    if (this.#line !== null && this.#line.ended === null) return this.#line;
    const { url } = this.#start;
    const deadlineMs = Math.max(DEADLINE_MS_MIN, leaseMs / 4);
    const opening = Connection.open({ url, purpose: "lease", deadlineMs, clock: systemClock });
    const line = await checked(opening, this.#identity);
    this.#line = line;
    return line;
  }

  /** What is wrong with a line, such as that its server takes no writes any more, ends with it. */
  #drop(): void {
    void this.#line?.close();
    this.#line = null;
  }

  #dropUnheld(): void {
    if (this.#held === null) this.#drop();
  }

  #beat(): void {
    this.#post({ kind: "beat" });
    const stalled = this.#stalls.tick(systemClock.now());
    if (stalled === undefined || this.#held === null || this.#line === null) return;
    // It is said on stderr all the same; the row is for those who look from elsewhere.
    perform(this.#line, markStalled(this.#held.node, stalled)).catch(() => {});
  }

  #post(message: FromLease): void {
    this.#port.postMessage(message);
  }
}

function run(port: MessagePort, start: LeaseStart): void {
  new LeaseKeeper(start, port);
}

if (parentPort === null) throw new TypeError("This file is the body of a worker thread.");
run(parentPort, workerData);
