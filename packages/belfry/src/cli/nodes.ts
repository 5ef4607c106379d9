import type { NodeRow } from "../records.ts";
import { nodesNow } from "../verbs/nodes.ts";
import { nodeState, nodeView } from "../views/node.ts";
import { type Command, defineCommand } from "./command.ts";
import { drainNode, misused } from "./nodes-drain.ts";
import type { Session } from "./session.ts";
import type { Row } from "./terminal/table.ts";
import { relativeWords } from "./terminal/time-words.ts";
import { stateCell } from "./words.ts";

export const nodesCommand: Command = defineCommand({
  name: "nodes",
  summary: "Lists the nodes: who is alive, until when, with how much to do",
  details: [
    "`nodes drain NODE` has a node take no new work: what it runs ends, the others take what " +
      "comes; with --off it takes work again. A node that is stopped does so by itself.",
  ],
  arguments: [
    { name: "drain", presence: "optional" },
    { name: "NODE", presence: "optional" },
  ],
  options: {
    all: { help: "those that have ended too" },
    off: { help: "with drain: take work again" },
  },
  examples: [
    ["belfry nodes drain 3f2a", "before its machine is taken away"],
    ["belfry nodes drain 3f2a --off", "it takes work again"],
  ],
  async run(session, call) {
    const wish = call.has("off") ? "off" : "on";
    if (call.positionals.length > 0) return await drainNode(session, call.positionals, wish);
    if (wish === "off") throw misused("--off goes with drain.");
    const context = await session.context();
    const rows = await nodesNow(context);
    const now = context.clock.now();
    const nodes = call.has("all") ? rows : rows.filter(({ state }) => state === "alive");
    if (session.json) {
      session.document(nodes.map((node) => nodeView(node, now)));
      return 0;
    }
    if (nodes.length === 0) {
      session.say("No node is alive, so nothing runs. Start one with `belfry up`.");
      return 0;
    }
    session.table(
      [
        { title: "NODE" },
        { title: "STATE" },
        { title: "LEASE ENDS" },
        { title: "RUNNING", align: "right" },
        { title: "TAGS", shrinks: true, spare: true },
        { title: "WHERE", shrinks: true },
        { title: "HTTP", spare: true },
        { title: "VERSION", spare: true },
        { title: "UP SINCE", spare: true },
        { title: "RELEASE", shrinks: true, spare: true },
      ],
      nodes.map((node) => rowOf(session, node, now)),
    );
    return 0;
  },
});

function rowOf(session: Session, node: NodeRow, now: number): Row {
  const state = nodeState(node, now);
  const shown = state === "alive" ? liveWord(node) : state;
  return [
    { text: node.id, dress: (text) => session.out.bold(text) },
    stateCell(shown, session.out),
    node.state === "alive" ? relativeWords(node.leaseUntil, now) : "",
    `${node.running} of ${node.concurrency}`,
    node.tags.join(", "),
    `${node.host}, process ${node.pid}`,
    node.http ?? "",
    node.version,
    relativeWords(node.startedAt, now),
    node.releases.map(({ source, hash }) => `${source} ${hash.slice(0, 8)}`).join(", "),
  ];
}

function liveWord({ stalled, draining }: NodeRow): string {
  if (stalled !== null) return "stalled";
  return draining === null ? "alive" : "draining";
}
