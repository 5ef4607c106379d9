import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Definition } from "../core/definition.ts";
import { definition } from "../stores/store.fixture.ts";
import {
  type CheckedTask,
  missingCounts,
  type Setting,
  scorecard,
  type Tick,
  type TickName,
} from "./scorecard.ts";

const SETTING: Setting = { logsMs: 14 * 86_400_000, channels: ["ops"], language: "typescript" };
const ONE = { limit: 1, by: null };

const WATCHED: Definition = definition("backup", {
  idempotent: "passes the key on",
  policies: { concurrency: ONE },
  watch: { alerts: ["ops"], heartbeat: { kind: "healthchecks", host: "hc-ping.com" }, mail: null },
});

function ticksOf(
  over: Partial<CheckedTask> = {},
  setting: Partial<Setting> = {},
): Record<TickName, Tick> {
  const task: CheckedTask = {
    definition: WATCHED,
    source: "shop",
    file: "tasks/backup.ts",
    line: 3,
    written: "typescript",
    shell: null,
    ...over,
  };
  const { ticks } = scorecard(task, { ...SETTING, ...setting });
  const named = (name: TickName): Tick => {
    const found = ticks.find((tick) => tick.name === name);
    if (found === undefined) throw new Error(`no tick ${name}`);
    return found;
  };
  return {
    schedule: named("schedule"),
    idempotent: named("idempotent"),
    single: named("single"),
    heartbeat: named("heartbeat"),
    alert: named("alert"),
    logs: named("logs"),
  };
}

describe("a scorecard", () => {
  it("is complete where all is declared", () => {
    const card = scorecard(
      { definition: WATCHED, source: "shop", file: null, line: null, written: "yaml", shell: null },
      SETTING,
    );
    assert.ok(card.ok);
    assert.deepEqual(
      card.ticks.map(({ name, state }) => `${name} ${state}`),
      ["schedule ok", "idempotent ok", "single ok", "heartbeat ok", "alert ok", "logs ok"],
    );
    assert.deepEqual(missingCounts([card]), {});
  });

  it("takes nobody's word for idempotent but the task's own, or at most once", () => {
    const plain = { ...WATCHED, idempotent: null };
    assert.match(ticksOf({ definition: WATCHED }).idempotent.words, /passes the key on/);
    assert.equal(ticksOf({ definition: { ...plain, idempotent: true } }).idempotent.state, "ok");
    const once = definition("backup", { policies: { delivery: "at-most-once" } });
    assert.equal(ticksOf({ definition: once }).idempotent.words, "runs at most once");
    const { state, remedy } = ticksOf({ definition: plain }).idempotent;
    assert.equal(state, "missing");
    assert.match(remedy ?? "", /^idempotent: "why.*", or delivery: "at-most-once"$/);
    assert.match(
      ticksOf({ definition: plain, written: "yaml" }).idempotent.remedy ?? "",
      /: at-most-once$/,
    );
  });

  it("asks no schedule, and no heartbeat, of what runs by hand", () => {
    const byHand = { ...WATCHED, schedules: [], watch: { ...WATCHED.watch, heartbeat: null } };
    const { schedule, heartbeat } = ticksOf({ definition: byHand });
    assert.deepEqual([schedule.state, heartbeat.state], ["not-needed", "not-needed"]);
  });

  it("takes a limit that was written for meant, and cron's for what it is", () => {
    const many = {
      ...WATCHED,
      policies: { ...WATCHED.policies, concurrency: { limit: 5, by: "c" } },
    };
    assert.equal(ticksOf({ definition: many }).single.words, "5 at once for each c, as it says");
    const cron = definition("backup");
    const line = { definition: cron, written: "crontab" } as const;
    assert.match(ticksOf({ ...line, shell: "dump" }).single.remedy ?? "", /^flock -n \S+ before/);
    assert.equal(ticksOf({ ...line, shell: "/usr/bin/flock -n /l dump" }).single.state, "ok");
    assert.equal(ticksOf({ ...line, shell: "echo flock" }).single.state, "missing");
  });

  it("says of what nobody watches what to write, in the language of its file", () => {
    const alone = { ...WATCHED, watch: { alerts: [], heartbeat: null, mail: null } };
    const { heartbeat, alert } = ticksOf({ definition: alone });
    assert.equal(heartbeat.remedy, 'heartbeat: secret("BACKUP_HEARTBEAT_URL")');
    assert.equal(alert.remedy, 'alerts: ["ops"]');
    assert.equal(alert.words, "nobody is told when it fails");
    const yaml = ticksOf(
      { definition: alone, written: "yaml" },
      { channels: [], language: "yaml" },
    );
    assert.equal(yaml.heartbeat.remedy, "heartbeat: { secret: BACKUP_HEARTBEAT_URL }");
    assert.equal(yaml.alert.remedy, "alerts: [ops]");
    assert.match(yaml.alert.words, /no channel yet: channels: \{ ops: .*secret: OPS_URL/);
    assert.match(ticksOf({ definition: alone, written: "crontab" }).alert.remedy ?? "", /for all/);
    const mail = { to: ["ann"], from: "root" };
    const mailed = { ...alone, watch: { ...alone.watch, mail } };
    assert.match(ticksOf({ definition: mailed }).alert.words, /mailed to ann, but a failure/);
  });

  it("calls a table that cron itself reads no code", () => {
    const definitionOf = { definition: definition("backup"), shell: 'dump "all"' };
    assert.equal(ticksOf({ ...definitionOf, written: "crontab" }).schedule.state, "ok");
    const { state, remedy } = ticksOf({ ...definitionOf, written: "host-crontab" }).schedule;
    assert.equal(state, "missing");
    assert.equal(remedy, 'backup: { schedule: "* * * * *", shell: "dump \\"all\\"" }');
  });

  it("sees logs that are thrown away at the end of a line, or kept for too short a while", () => {
    const state = (shell: string): string => ticksOf({ shell }).logs.state;
    assert.equal(state("dump > /dev/null 2>&1"), "missing");
    assert.equal(state("dump &>/dev/null"), "missing");
    assert.equal(state("dump >/dev/null"), "missing");
    assert.equal(state("command -v dump >/dev/null && dump"), "ok");
    assert.equal(state("find / 2>/dev/null"), "ok", "only what it complains of");
    assert.equal(ticksOf({}, { logsMs: 3_600_000 }).logs.state, "missing");
  });
});
