import {
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  workerData,
} from "node:worker_threads";
import { systemClock } from "../../clocks/system.ts";
import type { LeaseTerms, Proof } from "../../lease.ts";
import { BEAT_MS } from "../pulse.ts";
import { mark } from "../sql/mark.ts";
import { markStalled } from "../sql/nodes.ts";
import { Stalls } from "../stalls.ts";
import type { Database } from "./database.ts";
import { perform } from "./drive.ts";
import { failureOf } from "./failure.ts";
import { performTogether, type VerbCall } from "./group-commit.ts";
import { SQLITE_HOT } from "./hot.ts";
import type {
  Answered,
  Deed,
  DeedCall,
  FromKeeper,
  KeeperCall,
  KeeperDeeds,
  KeeperStart,
} from "./keeper-protocol.ts";
import { forget, LifeLine, probe } from "./proof.ts";
import { writeSideMark } from "./side-mark.ts";
import { openDatabase } from "./store.ts";
import { performAlone } from "./verbs.ts";

/** How soon another process's commit is seen, ms. */
const POLL_MS = 20;

/**
 * The thread that owns the connection and the node's lease: neither does a slow disk block the
 * program's event loop, nor does a blocked event loop lose the lease. `keeper-client.ts` speaks
 * to it.
 */
class Keeper implements KeeperDeeds {
  readonly #start: KeeperStart;
  readonly #port: MessagePort;
  readonly #db: Database;
  readonly #stalls: Stalls;
  #lifeLine: LifeLine | null = null;
  #node: string | null = null;
  #renewing: NodeJS.Timeout | undefined;
  #polling: NodeJS.Timeout | undefined;
  #beating: NodeJS.Timeout | undefined;
  #version = 0;

  constructor(start: KeeperStart, port: MessagePort) {
    this.#start = start;
    this.#port = port;
    this.#db = openDatabase(start.path);
    this.#stalls = new Stalls(start);
    port.on("message", (text: string) => this.#hear(text));
    this.#post({ kind: "open" });
  }

  prove(node: string): void {
    if (this.#start.proofs !== null) this.#lifeLine ??= new LifeLine(this.#start.proofs, node);
  }

  hold(node: string, terms: LeaseTerms): void {
    this.#node = node;
    clearTimeout(this.#renewing);
    this.#renewing = setTimeout(() => this.#renew(node, terms), terms.renewMs);
    this.#beating ??= setInterval(() => this.#beat(), BEAT_MS);
  }

  release(): void {
    if (this.#node !== null) this.#noteMark();
    clearTimeout(this.#renewing);
    clearInterval(this.#beating);
    this.#beating = undefined;
    this.#node = null;
    this.#lifeLine?.release();
    this.#lifeLine = null;
  }

  probe(node: string): Proof {
    return this.#start.proofs === null ? "unknown" : probe(this.#start.proofs, node);
  }

  listen(to: "changes" | "nothing"): void {
    clearInterval(this.#polling);
    if (to === "nothing") return;
    this.#version = this.#dataVersion();
    this.#polling = setInterval(() => this.#poll(), POLL_MS);
  }

  close(): void {
    this.release();
    this.listen("nothing");
    this.#db.close();
  }

  /** All that has arrived meanwhile shares the commit. */
  #hear(text: string): void {
    const calls = [...parse(text)];
    for (;;) {
      const more = receiveMessageOnPort(this.#port);
      if (more === undefined) break;
      calls.push(...parse(more.message));
    }
    this.#post({ kind: "answers", answers: this.#perform(calls) });
  }

  /** In order: verbs that stand together go together, deeds between them part them. */
  #perform(calls: readonly KeeperCall[]): readonly Answered[] {
    const answers: Answered[] = [];
    let verbs: VerbCall[] = [];
    for (const call of calls) {
      if (!isDeed(call)) {
        verbs.push(call);
        continue;
      }
      answers.push(...this.#together(verbs), this.#do(call));
      verbs = [];
    }
    answers.push(...this.#together(verbs));
    return answers;
  }

  #together(calls: readonly VerbCall[]): readonly Answered[] {
    if (calls.length === 0) return [];
    const results = performTogether(this.#db, calls);
    return calls.map((call, index): Answered => {
      const result = results[index] ?? { error: new Error(`${call.verb} got no answer.`) };
      if ("error" in result) return { failure: failureOf(result.error) };
      if (call.verb === "kill" && result.answer === "killed") this.#forget(call.args[0]);
      if (call.verb === "join") this.#noteMark();
      return { answer: result.answer };
    });
  }

  /** So that an older copy in the store's place is noticed. */
  #noteMark(): void {
    try {
      if (this.#db.path !== ":memory:")
        writeSideMark(
          this.#db.path,
          this.#db.read(() => perform(this.#db, mark(SQLITE_HOT))),
        );
    } catch {
      // The store is away: the next renewal notes it.
    }
  }

  /** A dead node's life line has said all that it had to say. */
  #forget(node: unknown): void {
    if (this.#start.proofs !== null && typeof node === "string") forget(this.#start.proofs, node);
  }

  #do(call: DeedCall): Answered {
    try {
      return { answer: performDeed(this, call) };
    } catch (error) {
      return { failure: failureOf(error) };
    }
  }

  /** By the keeper's own timer, so that it is on time whatever the program's loop does. */
  #renew(node: string, terms: LeaseTerms): void {
    const now = systemClock.now();
    const untilAt = now + terms.leaseMs;
    let waitMs = terms.renewMs;
    try {
      const renewal = performAlone(this.#db, "renew", [node, untilAt, now]);
      this.#post({ kind: "renewed", renewed: { ...renewal, untilAt } });
      this.#noteMark();
      if (!renewal.alive) return;
    } catch {
      // The lease runs on to its end, of which the program knows; it is tried again well before.
      waitMs = terms.renewMs / 4;
    }
    this.#renewing = setTimeout(() => this.#renew(node, terms), waitMs);
  }

  #poll(): void {
    const version = this.#dataVersion();
    if (version === this.#version) return;
    this.#version = version;
    this.#post({ kind: "changed" });
  }

  /** Changes by others' commits, never by our own. While the store is away, nothing changes. */
  #dataVersion(): number {
    try {
      const row = this.#db.get<{ data_version: number }>("pragma data_version");
      return row?.data_version ?? this.#version;
    } catch {
      return this.#version;
    }
  }

  #beat(): void {
    this.#post({ kind: "beat" });
    const stalled = this.#stalls.tick(systemClock.now());
    if (stalled !== undefined && this.#node !== null) this.#mark(this.#node, stalled);
  }

  #mark(node: string, stalled: Parameters<typeof markStalled>[1]): void {
    try {
      this.#db.write(() => perform(this.#db, markStalled(node, stalled)));
    } catch {
      // It is said on stderr all the same; the row is for those who look from elsewhere.
    }
  }

  #post(message: FromKeeper): void {
    this.#port.postMessage(JSON.stringify(message));
  }
}

function parse(text: string): readonly KeeperCall[] {
  return JSON.parse(text);
}

const DEEDS: Readonly<Record<Deed, true>> = {
  prove: true,
  hold: true,
  release: true,
  probe: true,
  listen: true,
  close: true,
};

function isDeed(call: KeeperCall): call is DeedCall {
  return Object.hasOwn(DEEDS, call.verb);
}

function performDeed(keeper: KeeperDeeds, call: DeedCall): unknown {
  switch (call.verb) {
    case "prove":
      return keeper.prove(...call.args);
    case "hold":
      return keeper.hold(...call.args);
    case "release":
      return keeper.release();
    case "probe":
      return keeper.probe(...call.args);
    case "listen":
      return keeper.listen(...call.args);
    case "close":
      return keeper.close();
  }
}

function run(port: MessagePort, start: KeeperStart): void {
  try {
    new Keeper(start, port);
  } catch (error) {
    const refused: FromKeeper = { kind: "refused", failure: failureOf(error) };
    port.postMessage(JSON.stringify(refused));
  }
}

if (parentPort === null) throw new TypeError("This file is the body of a worker thread.");
run(parentPort, workerData);
