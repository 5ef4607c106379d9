import { missingTags, tagWords } from "../core/placement.ts";
import type { Config } from "../define/config.ts";
import type { LoadedTask } from "../define/load.ts";
import type { Problem } from "../define/problem.ts";
import type { NodeRow } from "../records.ts";
import { liveNodes } from "../verbs/nodes.ts";
import type { Session } from "./session.ts";

/**
 * Tasks that run on tags which no living node has. Only a store with living nodes can tell, so where
 * there is none, or it cannot be reached, nothing is said.
 */
export async function placementProblems(
  session: Session,
  config: Config,
  tasks: readonly LoadedTask[],
): Promise<readonly Problem[]> {
  const asking = tasks.filter(({ definition }) => definition.policies.runsOn.length > 0);
  if (asking.length === 0) return [];
  const nodes = await nodesIn(session, config);
  if (nodes.length === 0) return [];
  return asking.flatMap(({ definition: { task, policies }, file, line }): readonly Problem[] => {
    const { runsOn } = policies;
    if (nodes.some(({ tags }) => missingTags(runsOn, tags).length === 0)) return [];
    const message = `no living node has ${tagWords(runsOn)}`;
    const hint = "start a node that has them: node.tags in its configuration";
    return [{ severity: "warning", file, line, path: `${task}.runsOn`, message, hint }];
  });
}

async function nodesIn(session: Session, config: Config): Promise<readonly NodeRow[]> {
  const { storeExists } = await import("../main/state.ts");
  try {
    return (await storeExists(config.store)) ? await liveNodes(await session.context()) : [];
  } catch {
    return [];
  }
}
