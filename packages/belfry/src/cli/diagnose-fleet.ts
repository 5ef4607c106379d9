import type { NodeRow } from "../records.ts";
import { nodeState } from "../views/node.ts";
import { type Diagnosis, doubtful, ok, wrong } from "./diagnosis.ts";
import { durationWords, relativeWords } from "./terminal/time-words.ts";
import { counted } from "./words.ts";

/** Whether somebody is alive to run things, and can. */
export function diagnoseNodes(nodes: readonly NodeRow[], now: number): Diagnosis[] {
  const present = nodes.filter(({ state }) => state === "alive");
  const alive = present.filter((node) => nodeState(node, now) === "alive");
  const findings: Diagnosis[] = [];
  for (const node of present) {
    const where = `${node.id} on ${node.host}, process ${node.pid}`;
    if (nodeState(node, now) === "expired") {
      const message = `The lease of node ${where} ran out ${relativeWords(node.leaseUntil, now)}.`;
      const remedy = "It is dead or cut off; a live node takes over its runs: belfry up.";
      findings.push(wrong("nodes", message, remedy));
    } else if (node.draining !== null) {
      const { by, sinceAt } = node.draining;
      // One that is told to end drains by itself.
      if (by === `node ${node.id}`) continue;
      const since = relativeWords(sinceAt, now);
      const message = `Node ${where} takes no new work: ${by} had it drain ${since}.`;
      const remedy = `Stop it, or let it work again: belfry nodes drain ${node.id} --off.`;
      findings.push(doubtful("nodes", message, remedy));
    } else if (node.stalled !== null) {
      const { sinceAt, tasks } = node.stalled;
      const blame = tasks.length === 0 ? "something" : tasks.join(" or ");
      const message = `Node ${where} stands still since ${durationWords(now - sinceAt)}: ${blame} blocks it.`;
      const remedy = "Move its long computations into a command, or a worker thread.";
      findings.push(wrong("nodes", message, remedy));
    }
  }
  if (alive.length > 0)
    return [ok("nodes", `${counted(alive.length, "node")} alive.`), ...findings];
  return [...findings, wrong("nodes", "No node is alive, so nothing runs.", "belfry up")];
}

/** Live nodes of several versions: an upgrade that nobody ended. */
export function diagnoseVersions(nodes: readonly NodeRow[], now: number): Diagnosis[] {
  const alive = nodes.filter((node) => nodeState(node, now) === "alive");
  const versions = [...new Set(alive.map(({ version }) => version))];
  if (versions.length < 2) return [];
  const message = `Live nodes are of several versions of Belfry: ${versions.join(" and ")}.`;
  return [doubtful("nodes", message, "Finish the upgrade: `belfry nodes` shows which is which.")];
}

/** Live nodes of one source that carry different rules: the newest are in force for all. */
export function diagnoseReleases(nodes: readonly NodeRow[], now: number): Diagnosis[] {
  const hashes = new Map<string, Set<string>>();
  for (const node of nodes) {
    if (nodeState(node, now) !== "alive") continue;
    for (const { source, hash } of node.releases) {
      hashes.set(source, (hashes.get(source) ?? new Set()).add(hash));
    }
  }
  return [...hashes].flatMap(([source, found]) => {
    if (found.size < 2) return [];
    const names = [...found].map((hash) => hash.slice(0, 8)).join(" and ");
    const message = `Live nodes carry different releases of ${source}: ${names}; the newest is in force.`;
    const remedy =
      "Finish the deploy: stop the nodes with the old code. `belfry nodes` shows which.";
    return [doubtful("releases", message, remedy)];
  });
}
