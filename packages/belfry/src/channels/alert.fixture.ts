import type { Alert } from "../channel.ts";

export const OPENED: Alert = {
  id: "01936b2e-0000-8000-8000-000000000001/opened/ops",
  step: "opened",
  channel: "ops",
  at: Date.UTC(2026, 10, 24, 2, 30, 5),
  subject: "backup failed",
  text: "backup failed at 02:30 (Europe/London).\nDisk full\n",
  incident: {
    id: "01936b2e-0000-8000-8000-000000000001",
    kind: "task",
    task: "backup",
    openedAt: Date.UTC(2026, 10, 24, 2, 30, 5),
    closedAt: null,
    count: 1,
    severity: "high",
    owner: null,
    runbook: "https://wiki.example.org/backup",
    run: "01936b2e-1111-8000-8000-000000000002",
    reason: "exhausted",
    error: "Disk full",
    tail: ["copying", "Disk full"],
    remedy: ["belfry replay backup@latest"],
  },
};

export const CLOSED: Alert = {
  ...OPENED,
  id: OPENED.id.replace("opened", "closed"),
  step: "closed",
  subject: "backup has recovered",
  incident: { ...OPENED.incident, closedAt: OPENED.at + 60_000 },
};
