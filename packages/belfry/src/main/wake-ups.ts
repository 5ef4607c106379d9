import { BelfryError } from "../core/errors.ts";
import { type Problem, warning } from "../define/problem.ts";
import type { StoreAddress } from "../define/store-address.ts";

// Of the composition root: whether the nodes of a fleet hear of each other.

/** What keeps nodes from hearing at once what others change: then they find it by looking. */
export async function wakeUpProblems(address: StoreAddress): Promise<readonly Problem[]> {
  if (address.kind !== "postgres") return [];
  const { linkOf } = await import("../stores/postgres/open.ts");
  try {
    return (await linkOf(address)) === "direct" ? [] : [pooled(address.listenUrl !== null)];
  } catch (error) {
    // That the store is away is said by whoever works with it.
    if (!(error instanceof BelfryError) || address.listenUrl === null) return [];
    return [problem(error.message, error.hint)];
  }
}

function pooled(isGiven: boolean): Problem {
  return isGiven
    ? problem("BELFRY_LISTEN_URL leads through a pooler too", HINT)
    : problem("the store's URL leads through a pooler", HINT);
}

const HINT =
  "name by BELFRY_LISTEN_URL the same database past the pooler; until then what others trigger or " +
  "cancel is seen within 5 s";

function problem(message: string, hint: string | null): Problem {
  const { severity, ...rest } = warning([], `nodes do not hear of each other: ${message}`, hint);
  return { severity, file: null, line: null, ...rest, path: "store" };
}
