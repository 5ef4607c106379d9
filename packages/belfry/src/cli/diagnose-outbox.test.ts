import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { OutboxRow } from "../outbox.ts";
import { diagnoseDroppedMail, diagnoseWaiting } from "./diagnose-outbox.ts";

const NOW = 1_000_000_000;
const MINUTE = 60_000;

const alert: OutboxRow = {
  id: "i/opened/ops",
  kind: "alert",
  channel: "ops",
  task: "backup",
  run: null,
  incident: "i",
  step: "opened",
  state: "waiting",
  tries: 4,
  readyAt: NOW,
  madeAt: NOW - 10 * MINUTE,
  endedAt: null,
  error: "it answered 503",
};

const mail: OutboxRow = {
  ...alert,
  id: "r/mail",
  kind: "mail",
  channel: null,
  run: "r",
  incident: null,
  step: null,
  error: null,
};

describe("a diagnosis of the outbox", () => {
  it("tells of alerts that no channel takes, once a channel, and not of what only waits its turn", () => {
    const rows = [alert, { ...alert, madeAt: NOW }, { ...alert, channel: "mail", error: null }];
    assert.deepEqual(diagnoseWaiting(rows, NOW), [
      {
        check: "channels",
        verdict: "wrong",
        message: "2 alerts for ops could not be sent since 10 min ago: it answered 503.",
        remedy: "belfry alerts test ops",
      },
    ]);
  });

  it("tells of mail that has waited for ten minutes, and not of one that is tried again just now", () => {
    const refused = { ...mail, error: "localhost:25: 451 later" };
    assert.deepEqual(diagnoseWaiting([{ ...refused, madeAt: NOW - MINUTE }], NOW), []);
    const found = diagnoseWaiting([refused, { ...refused, madeAt: NOW - 60 * MINUTE }], NOW);
    assert.deepEqual(
      found.map(({ check, verdict, message }) => [check, verdict, message]),
      [
        [
          "mail",
          "wrong",
          "2 mails of what runs printed could not be sent since 1 h ago: localhost:25: 451 later.",
        ],
      ],
    );
  });

  it("tells of what no node has tried to send for ten minutes, and what it wants for that", () => {
    const untried = { tries: 0, error: null } as const;
    const found = diagnoseWaiting(
      [
        { ...alert, ...untried, channel: "pager" },
        { ...mail, ...untried },
        { ...mail, ...untried, kind: "heartbeat" },
        { ...mail, ...untried, madeAt: NOW - 9 * MINUTE },
      ],
      NOW,
    );
    assert.deepEqual(
      found.map(({ message }) => message),
      [
        "1 alert for pager waits since 10 min ago, and no node has tried to send any.",
        "1 mail of what a run printed waits since 10 min ago, and no node has tried to send any.",
        "1 heartbeat waits since 10 min ago, and no node has tried to send any.",
      ],
    );
    assert.equal(found[0]?.remedy, "belfry up, where the channel pager is configured");
  });

  it("counts what waits behind a refused alert to that one's channel, not as untried", () => {
    const behind = { ...alert, tries: 0, error: null };
    assert.equal(diagnoseWaiting([alert, behind], NOW).length, 1);
  });

  it("tells for a week of mails that were refused for good, with the way to what they said", () => {
    const error = "refused for good: localhost:25: 550 no nobody here";
    const dropped = { ...mail, state: "dropped", error, endedAt: NOW - 5 * MINUTE } as const;
    const older = { ...dropped, run: "q", endedAt: NOW - 60 * MINUTE };
    const old = { ...dropped, task: "sync", endedAt: NOW - 8 * 86_400_000 };
    assert.deepEqual(diagnoseDroppedMail([dropped, older, old], NOW), [
      {
        check: "mail",
        verdict: "doubtful",
        message: `2 mails of what backup printed went to nobody, the last one 5 min ago: ${error}.`,
        remedy: "Mend its MAILTO, or the mail system. What was printed: belfry logs r",
      },
    ]);
    const many = Array.from({ length: 8 }, (_, index) => ({ ...dropped, task: `t${index}` }));
    assert.equal(
      diagnoseDroppedMail(many, NOW).at(-1)?.message,
      "Mails of 3 more tasks went to nobody either.",
    );
  });
});
