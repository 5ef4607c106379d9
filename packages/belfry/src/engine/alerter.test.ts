import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Alert, Channel } from "../channel.ts";
import { VirtualClock } from "../clocks/virtual.ts";
import { RefusedForGood } from "../core/errors.ts";
import { Redactor } from "../core/redactor.ts";
import type { LogLine, Logs } from "../log.ts";
import type { EndedRun, MailItem } from "../outbox.ts";
import type { Store } from "../store.ts";
import { SqliteStore } from "../stores/sqlite/store.ts";
import {
  attemptOf,
  claimOne,
  definition,
  FAILED,
  HOUR,
  MINUTE,
  NOON,
  SECOND,
  SUCCEEDED,
  settlement,
  stage,
  triggerRun,
} from "../stores/store.fixture.ts";
import { Alerter } from "./alerter.ts";
import { Catalogue } from "./catalogue.ts";
import { type EngineEvent, Events } from "./events.ts";
import { Loop } from "./loop.ts";
import { NO_OUTLETS, type Outlets } from "./outlets.ts";

const watch = { alerts: ["ops", "team"], heartbeat: null, mail: null };
const backup = definition("backup", { watch });

/** A channel that does as it is told, and keeps what it was given. */
class Witness implements Channel {
  readonly got: Alert[] = [];
  fails = 0;
  refusal = new Error("503 from the other side");
  hangs = false;

  async send(alert: Alert): Promise<string> {
    this.got.push(alert);
    if (this.hangs) await new Promise<never>(() => {});
    if (this.fails > 0) {
      this.fails -= 1;
      throw this.refusal;
    }
    return "200 ok";
  }
}

class Scene {
  readonly store: Store = new SqliteStore(":memory:");
  readonly clock = new VirtualClock(NOON);
  readonly ops = new Witness();
  readonly team = new Witness();
  readonly events: EngineEvent[] = [];
  readonly logs: LogLine[] = [];
  readonly redactor = new Redactor();
  outlets: Outlets = {
    ...NO_OUTLETS,
    channels: new Map([
      ["ops", this.ops],
      ["team", this.team],
    ]),
  };

  alerter(store: Store = this.store): { alerter: Alerter; loop: Loop } {
    const events = new Events(this.redactor);
    events.on((event) => this.events.push(event));
    const { clock, outlets } = this;
    const random = (): number => 1;
    const work = { kind: "function" };
    const carried = [{ definition: backup, hash: "x", work }];
    const alerter: Alerter = new Alerter({
      store,
      logs: this.#logs(),
      clock,
      random,
      events,
      catalogue: new Catalogue(store, carried, []),
      node: "n1",
      outlets,
      redactor: this.redactor,
      pace: 1,
      wake: () => loop.wake(),
    });
    const loop: Loop = new Loop(alerter, { clock, random, pace: 1, onError() {} });
    loop.wake();
    return { alerter, loop };
  }

  async fails(at: number): Promise<string> {
    await triggerRun(this.store, backup, { dueAt: at }, at);
    const run = await claimOne(this.store, at);
    const error = { message: "disk full", code: null, stack: null };
    await this.store.settle([settlement(run, FAILED, at, { error })], at);
    return run.id;
  }

  async pass(until: number): Promise<void> {
    do await turns();
    while (this.clock.wakeNext(until));
    await turns();
  }

  #logs(): Logs {
    return {
      append: async () => {},
      read: async () => ({ lines: this.logs, cursor: null }),
      prune: async () => {},
      close: async () => {},
    };
  }
}

async function turns(): Promise<void> {
  await new Promise<void>((turn) => setImmediate(turn));
}

async function scene(): Promise<Scene> {
  const made = new Scene();
  await stage(made.store, [backup]);
  return made;
}

describe("the alerter", () => {
  it("sends each channel what was told, once, with the end of the output", async () => {
    const world = await scene();
    const line = { at: NOON, attempt: 1, stream: "stderr", level: null, fields: null } as const;
    world.logs.push({ ...line, text: "No space left on device" });
    const run = await world.fails(NOON);
    world.alerter();
    await world.pass(NOON + HOUR);
    assert.equal(world.ops.got.length, 1);
    assert.equal(world.team.got.length, 1);
    const [alert] = world.ops.got;
    assert.ok(alert);
    assert.equal(alert.id, `${alert.incident.id}/opened/ops`);
    assert.equal(alert.subject, "backup failed: disk full");
    assert.deepEqual(alert.incident.tail, ["No space left on device"]);
    assert.deepEqual([alert.incident.run, alert.incident.count], [run, 1]);
    const told = world.events.flatMap((event) => (event.kind === "alert" ? [event.result] : []));
    assert.deepEqual(told, ["sent", "sent"]);
  });

  it("tries a channel that is down again and again, and delays no other", async () => {
    const world = await scene();
    world.ops.fails = 8;
    await world.fails(NOON);
    world.alerter();
    await world.pass(NOON);
    assert.equal(world.team.got.length, 1);
    await world.pass(NOON + 10 * HOUR);
    assert.equal(world.ops.got.length, 9);
    assert.equal(new Set(world.ops.got.map(({ id }) => id)).size, 1);
    const waits = world.events.flatMap((event) =>
      event.kind === "alert" && event.retryAt !== null ? [event.retryAt - NOON] : [],
    );
    const seconds = [5, 15, 35, 75, 155, 315, 635, 1_275];
    assert.deepEqual(
      waits.map((ms) => ms / SECOND),
      seconds,
    );
  });

  it("keeps and tells what the other side says without secrets", async () => {
    const world = await scene();
    world.redactor.know("TOKEN", "from the other side");
    world.ops.fails = 1;
    await world.fails(NOON);
    world.alerter();
    await world.pass(NOON);
    const [row] = await world.store.outbox({ state: "waiting", kind: "alert", limit: 1 });
    assert.equal(row?.error, "503 [secret TOKEN]");
    const told = world.events.flatMap((event) =>
      event.kind === "alert" && event.error !== null ? [String(event.error)] : [],
    );
    assert.deepEqual(told, ["Error: 503 [secret TOKEN]"]);
  });

  it("breaks off who does not answer within ten seconds", async () => {
    const world = await scene();
    world.ops.hangs = true;
    await world.fails(NOON);
    world.alerter();
    await world.pass(NOON + 9 * SECOND);
    assert.equal(world.team.got.length, 1);
    world.ops.hangs = false;
    await world.pass(NOON + 16 * SECOND);
    assert.equal(world.ops.got.length, 2);
    const [row] = await world.store.outbox({ state: "sent", kind: "alert", limit: 1 });
    assert.ok(row);
  });

  it("sends nothing twice although the store is away when it is to be told", async () => {
    const world = await scene();
    await world.fails(NOON);
    const record = world.store.recordOutbox.bind(world.store);
    let away = true;
    world.store.recordOutbox = async (...args) => {
      if (away) throw new Error("the store is away");
      await record(...args);
    };
    world.alerter();
    await world.pass(NOON + 10 * MINUTE);
    away = false;
    await world.pass(NOON + HOUR);
    assert.deepEqual([world.ops.got.length, world.team.got.length], [1, 1]);
    assert.equal((await world.store.outbox({ state: "sent", limit: 9 })).length, 2);
  });

  it("sends nothing twice whose answer comes while another is recorded, though its hold is over", async () => {
    const world = await scene();
    const answer = Promise.withResolvers<void>();
    const recorded = Promise.withResolvers<void>();
    const send = world.ops.send.bind(world.ops);
    world.ops.send = async (alert) => {
      const said = await send(alert);
      await answer.promise;
      return said;
    };
    const take = world.store.takeOutbox.bind(world.store);
    let jumps = 1;
    world.store.takeOutbox = async (...args) => {
      const taken = await take(...args);
      // By which what was just taken is held no more.
      for (; jumps > 0; jumps -= 1) world.clock.jump(HOUR);
      return taken;
    };
    const record = world.store.recordOutbox.bind(world.store);
    world.store.recordOutbox = async (...args) => {
      await record(...args);
      await recorded.promise;
    };
    await world.fails(NOON);
    world.alerter();
    for (let turn = 0; turn < 5; turn += 1) await turns();
    answer.resolve();
    await turns();
    recorded.resolve();
    await world.pass(NOON + 2 * HOUR);
    assert.deepEqual([world.ops.got.length, world.team.got.length], [1, 1]);
  });

  it("what died between sending and recording goes out once more, under the same id", async () => {
    const world = await scene();
    world.ops.hangs = true;
    await world.fails(NOON);
    const record = world.store.recordOutbox.bind(world.store);
    const first = world.alerter();
    await world.pass(NOON);
    // It is gone: nothing of it happens any more.
    void first.loop.stop();
    world.store.recordOutbox = async () => {};
    await world.pass(NOON + 20 * SECOND);
    world.store.recordOutbox = record;
    world.ops.hangs = false;
    world.alerter();
    await world.pass(NOON + HOUR);
    assert.equal(world.ops.got.length, 2);
    assert.equal(world.ops.got[0]?.id, world.ops.got[1]?.id);
    assert.equal(world.team.got.length, 1);
  });

  it("closing waits for what is on its way, and records it", async () => {
    const world = await scene();
    const held = Promise.withResolvers<string>();
    world.outlets = { ...NO_OUTLETS, channels: new Map([["ops", { send: () => held.promise }]]) };
    await world.fails(NOON);
    const { alerter, loop } = world.alerter();
    await world.pass(NOON);
    void loop.stop();
    const closed = alerter.close(5 * SECOND);
    held.resolve("200 ok");
    await closed;
    assert.equal((await world.store.outbox({ state: "sent", limit: 9 })).length, 1);
  });

  it("closing breaks off who does not answer: it is tried again by whoever comes next", async () => {
    const world = await scene();
    world.ops.hangs = true;
    await world.fails(NOON);
    const { alerter, loop } = world.alerter();
    await world.pass(NOON);
    void loop.stop();
    const closed = alerter.close(5 * SECOND);
    await world.pass(NOON + 5 * SECOND);
    await closed;
    const waiting = await world.store.outbox({ state: "waiting", limit: 9 });
    assert.deepEqual(
      waiting.map(({ channel, error }) => [channel, error]),
      [["ops", "the node was stopped"]],
    );
  });

  it("hands heartbeats to the watcher with the task's own code, and mail to the mailer", async () => {
    const world = await scene();
    const beats: EndedRun[] = [];
    const mails: MailItem["facts"][] = [];
    world.outlets = {
      ...NO_OUTLETS,
      beat: async (task, facts) => {
        assert.equal(task.definition.task, "backup");
        beats.push(facts);
      },
      mail: async (task, facts) => {
        assert.equal(task.definition.task, "backup");
        mails.push(facts);
      },
    };
    await triggerRun(world.store, backup);
    const run = await claimOne(world.store, NOON);
    const to = { to: ["ann@example.org"], from: "root" };
    const attempt = { ...attemptOf(run, "succeeded", NOON), logBytes: 5 };
    const both = { heartbeat: { kind: null, host: null }, mail: to } as const;
    await world.store.settle([settlement(run, SUCCEEDED, NOON, { watch: both, attempt })], NOON);
    world.alerter();
    await world.pass(NOON + HOUR);
    assert.deepEqual(
      beats.map(({ state }) => state),
      ["succeeded"],
    );
    assert.deepEqual(
      mails.map(({ mail }) => mail),
      [to],
    );
  });

  it("gives up a mail that is refused for good, keeps why, and tells it once", async () => {
    const world = await scene();
    world.redactor.know("TOKEN", "no such user");
    let tries = 0;
    world.outlets = {
      ...NO_OUTLETS,
      mail: () => {
        tries += 1;
        throw new RefusedForGood("unavailable", "mail-refused", "550 no such user");
      },
    };
    await triggerRun(world.store, backup);
    const run = await claimOne(world.store, NOON);
    const mail = { to: ["nobody@example.org"], from: "root" };
    const attempt = { ...attemptOf(run, "succeeded", NOON), logBytes: 5 };
    const mailed = { heartbeat: null, mail };
    await world.store.settle([settlement(run, SUCCEEDED, NOON, { watch: mailed, attempt })], NOON);
    world.alerter();
    await world.pass(NOON + HOUR);
    assert.equal(tries, 1);
    const [row] = await world.store.outbox({ kind: "mail", limit: 1 });
    const said = "refused for good: 550 [secret TOKEN]";
    assert.deepEqual([row?.state, row?.error, row?.tries], ["dropped", said, 1]);
    const told = world.events.flatMap((event) =>
      event.kind === "trouble" ? [[event.service, String(event.error), event.retryInMs]] : [],
    );
    assert.deepEqual(told, [["mail of backup", `Error: given up, ${said}`, 0]]);
  });

  it("goes on trying an alert that is refused for good, and keeps that it is", async () => {
    const world = await scene();
    world.ops.refusal = new RefusedForGood("unavailable", "alert-refused", "404");
    world.ops.fails = 3;
    await world.fails(NOON);
    world.alerter();
    await world.pass(NOON + 16 * SECOND);
    const [row] = await world.store.outbox({ state: "waiting", kind: "alert", limit: 1 });
    assert.equal(row?.error, "refused for good: 404");
    await world.pass(NOON + HOUR);
    assert.equal((await world.store.outbox({ state: "sent", limit: 9 })).length, 2);
  });

  it("sleeps while nothing waits", async () => {
    const world = await scene();
    let looks = 0;
    const look = world.store.outboxReadyAt.bind(world.store);
    world.store.outboxReadyAt = async (query) => {
      looks += 1;
      return await look(query);
    };
    world.alerter();
    await world.pass(NOON + HOUR);
    assert.ok(looks <= 62, `${looks} looks in an hour`);
  });
});
