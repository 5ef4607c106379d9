import { downtimeWords } from "../core/alert-text.ts";
import { countOf, type Incident } from "../core/incident.ts";
import type { OutboxRow } from "../outbox.ts";
import { findTask } from "../verbs/find.ts";
import { incidents } from "../verbs/incidents.ts";
import { incidentView } from "../views/incident.ts";
import { testAlerts } from "./alerts-test.ts";
import { type Command, defineCommand } from "./command.ts";
import { readCount } from "./read-count.ts";
import type { Session } from "./session.ts";
import type { Row } from "./terminal/table.ts";
import { durationWords, relativeWords } from "./terminal/time-words.ts";
import { stateCell } from "./words.ts";

const LIMIT_MAX = 10_000;

export const alertsCommand: Command = defineCommand({
  name: "alerts",
  summary: "Lists incidents, the open ones first, and who was told of them",
  details: [
    "A task has an incident from its first failed run, or occurrence that came too late, until it " +
      "works again. What was missed while no node was alive is one incident of its own.",
    "`alerts test CHANNEL` sends a test alert now, from here, and tells what the other side says; " +
      "it needs no node. Exits 1 where it was not taken.",
  ],
  arguments: [
    { name: "test", presence: "optional" },
    { name: "CHANNEL", presence: "optional" },
  ],
  options: {
    task: { value: "TASK", help: "incidents of this task" },
    open: { help: "only those that are not over" },
    limit: { value: "N", help: "at most so many; else 20" },
  },
  examples: [
    ["belfry alerts --open", "what is wrong now"],
    ["belfry alerts test ops", "is the address right, does it arrive"],
  ],
  async run(session, call) {
    if (call.positionals.length > 0) return await testAlerts(session, call.positionals);
    const context = await session.context();
    const name = call.value("task");
    const task = name === null ? null : (await findTask(context, name)).name;
    const limit = readCount(call.value("limit"), "--limit", 20, LIMIT_MAX);
    const which = call.has("open") ? "open" : "all";
    const found = await incidents(context, { task, which, limit });
    if (session.json) {
      session.document(found.incidents.map((incident) => incidentView(incident, found.alerts)));
      return 0;
    }
    if (found.incidents.length === 0) await tellNone(session, which);
    else tellIncidents(session, found.incidents, found.alerts, context.clock.now());
    return 0;
  },
});

async function tellNone(session: Session, which: "all" | "open"): Promise<void> {
  session.say(which === "open" ? "Nothing is wrong." : "Nothing has gone wrong.");
  const { channels } = await session.config();
  if (channels.size > 0) return;
  session.say("Nobody would be told: declare channels, and name them under alerts.");
}

function tellIncidents(
  session: Session,
  found: readonly Incident[],
  alerts: readonly OutboxRow[],
  now: number,
): void {
  const { out } = session;
  session.table(
    [
      { title: "TASK" },
      { title: "STATE" },
      { title: "SINCE" },
      { title: "LASTED", spare: true },
      { title: "COUNT", align: "right" },
      { title: "WHY", shrinks: true },
      { title: "TOLD", shrinks: true },
    ],
    found.map((incident): Row => {
      const { closedAt, openedAt, id } = incident;
      const isOpen = closedAt === null;
      const name = incident.kind === "task" ? incident.task : "(all)";
      return [
        { text: name, dress: (text) => out.bold(text) },
        isOpen ? { text: "open", dress: (text) => out.bad(text) } : stateCell("closed", out),
        relativeWords(openedAt, now),
        durationWords((closedAt ?? now) - openedAt),
        String(countOf(incident)),
        whyWords(incident),
        toldWords(alerts.filter((alert) => alert.incident === id)),
      ];
    }),
  );
}

function whyWords(incident: Incident): string {
  if (incident.kind === "down") {
    const { fromAt, untilAt } = incident;
    return `down for ${durationWords(untilAt - fromAt)}: ${downtimeWords(incident)}`;
  }
  const { run, missed } = incident;
  if (run === null) return `${missed} came too late`;
  return [run.reason, run.error].filter((part) => part !== null).join(": ");
}

/** By channel what became of its newest alert: `ops, mail waits (503)`. */
function toldWords(alerts: readonly OutboxRow[]): string {
  const newest = new Map(alerts.map((alert) => [alert.channel ?? "", alert]));
  if (newest.size === 0) return "nobody";
  const words = [...newest].map(([channel, { state, error }]) => {
    if (state === "sent") return channel;
    const why = error === null ? "" : ` (${error})`;
    return state === "waiting" ? `${channel} waits${why}` : `${channel} not${why}`;
  });
  return words.join(", ");
}
