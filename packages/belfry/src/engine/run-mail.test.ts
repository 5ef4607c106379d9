import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Clock } from "../clock.ts";
import { VirtualClock } from "../clocks/virtual.ts";
import type { Definition } from "../core/definition.ts";
import type { LogLine, LogPage, LogQuery } from "../log.ts";
import type { ComposeMail, Mail } from "../mailer.ts";
import { definition } from "../stores/store.fixture.ts";
import type { CarriedTask } from "./catalogue.ts";
import { mailRun, type PrintedRun } from "./run-mail.ts";

const RUN: PrintedRun = {
  run: "r1",
  state: "succeeded",
  attempt: 1,
  dueAt: 1_000,
  startedAt: 1_001,
  endedAt: 2_000,
  logBytes: 8,
  mail: { to: ["ops"], from: "root" },
};

const compose: ComposeMail = ({ run, state, text, mail }) => ({
  ...mail,
  subject: `${run} ${state}`,
  text,
  messageId: run,
  headers: [],
  contentType: null,
});

/** A log that has one more line at each look, of those that are given. */
class GrowingLog {
  readonly queries: LogQuery[] = [];
  readonly #lines: readonly string[];

  constructor(lines: readonly string[]) {
    this.#lines = lines;
  }

  read(query: LogQuery): Promise<LogPage> {
    this.queries.push(query);
    const lines = this.#lines.slice(0, this.queries.length).map(
      (text): LogLine => ({
        at: 1_500,
        attempt: 1,
        stream: "stdout",
        level: null,
        text,
        fields: null,
      }),
    );
    return Promise.resolve({ lines, cursor: "c" });
  }
}

/** A clock on which whoever waits is woken at once. */
function hastyClock(now: number): Clock {
  const clock = new VirtualClock(now);
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    schedule: (at, wake) => {
      const withdraw = clock.schedule(at, wake);
      queueMicrotask(() => clock.wakeNext(at));
      return withdraw;
    },
  };
}

async function mailed(
  log: GrowingLog,
  now: number,
  printed = RUN,
  mail: ComposeMail | null = compose,
): Promise<readonly Mail[]> {
  const sent: Mail[] = [];
  const body: Definition = definition("t");
  const work = { kind: "shell" };
  const task: CarriedTask = {
    definition: body,
    hash: "h",
    work,
    ...(mail === null ? {} : { mail }),
  };
  const mailer = {
    send: (one: Mail) => {
      sent.push(one);
      return Promise.resolve("250");
    },
  };
  const { signal } = new AbortController();
  await mailRun(task, printed, { logs: log, mailer, clock: hastyClock(now) }, signal);
  return sent;
}

describe("mail about a run", () => {
  it("is what it printed, once all of that is in the log", async () => {
    const log = new GrowingLog(["one", "two"]);
    const [mail] = await mailed(log, 2_001);
    assert.equal(mail?.text, "one\ntwo\n");
    assert.equal(mail?.subject, "r1 succeeded");
    const [first] = log.queries;
    const { run, fromAt, untilAt, attempt } = first ?? {};
    assert.deepEqual([run, fromAt, untilAt, attempt], ["r1", 1_000, 2_000, 1]);
  });

  it("waits for a later try while the log may still get it", async () => {
    await assert.rejects(mailed(new GrowingLog(["one"]), 2_001), {
      code: "log-behind",
      message: "the output of run r1 is not all in its log yet",
    });
  });

  it("is sent with what there is where no more will come", async () => {
    const [some] = await mailed(new GrowingLog(["one"]), 62_000);
    assert.equal(some?.text, "one\n");
    const [none] = await mailed(new GrowingLog([]), 62_000);
    assert.match(none?.text ?? "", /^\(Its output is not in the log: belfry show r1\)/);
  });

  it("does not wait for what the log has dropped of a flood", async () => {
    const flood = { ...RUN, logBytes: 50_000_000 };
    const [mail] = await mailed(new GrowingLog(["x".repeat(256 * 1024)]), 2_001, flood);
    assert.equal(mail?.text.length, 256 * 1024 + 1);
  });

  it("is none where the task mails nothing, or this run is not to be mailed", async () => {
    assert.deepEqual(await mailed(new GrowingLog(["one", "two"]), 2_001, RUN, null), []);
    assert.deepEqual(await mailed(new GrowingLog(["one", "two"]), 2_001, RUN, () => null), []);
  });
});
