import { BelfryError } from "../../core/errors.ts";
import type { Connection } from "./connection.ts";
import { brokenStore } from "./schema.ts";
import { native } from "./statement.ts";

/** What a server says of itself and of the store on it. */
export interface ServerFacts {
  readonly storeId: string;
  /** The highest timeline that the store has been seen on. */
  readonly seen: number;
  /** Of the server; it rises when a standby is promoted. Null: it is a standby. */
  readonly timeline: number | null;
}

/** What is known of the store's server from earlier lines. */
export interface Known {
  readonly storeId: string;
  readonly timeline: number;
}

const FACTS = native(
  `select store_id as "storeId", timeline as seen,
     case when not pg_is_in_recovery() then belfry.server_timeline() end as timeline
   from belfry.meta`,
);
const SEE = native("update belfry.meta set timeline = $1 where timeline < $1");

/**
 * What is known once a line's server has said this: a standby, another store, or a server that has
 * been left behind (an old primary that lives on, an old copy) is nobody's to work on. What is
 * written there would be lost, and fences drawn there may have been drawn before.
 *
 * @throws BelfryError `read-only-store`, `other-store`, `older-server`.
 */
export function recognised(facts: ServerFacts, known: Known | null, where: string): Known {
  const { storeId, seen, timeline } = facts;
  if (timeline === null) {
    throw new BelfryError(
      "unavailable",
      "read-only-store",
      `The server of ${where} is a standby: it takes no writes.`,
      "Point the store's URL at the primary.",
    );
  }
  if (known !== null && known.storeId !== storeId) {
    throw new BelfryError(
      "unavailable",
      "other-store",
      `The store ${where} is another one than before: its URL leads to another server or database.`,
      "Point the URL where it led before; to work on the other store, start the program again.",
    );
  }
  const highest = Math.max(seen, known?.timeline ?? 0);
  if (timeline < highest) {
    throw new BelfryError(
      "unavailable",
      "older-server",
      `The server of ${where} is on timeline ${timeline}, but this store has been on ${highest}: it is an old primary, or a copy.`,
      "Point the store's URL at the present primary. Where the store was restored there on purpose, " +
        "and runs nowhere else any more: select belfry.accept_server();",
    );
  }
  return { storeId, timeline };
}

/** Remembers on which server a store is, and looks at each new line. */
export class Identity {
  readonly #onPromoted: () => void;
  #known: Known | null = null;

  /** @param onPromoted told that another server is the primary now: older lines lead to the last one. */
  constructor(onPromoted: () => void = () => {}) {
    this.#onPromoted = onPromoted;
  }

  /** @throws BelfryError as `recognised`, or where the line fails. */
  async check(line: Connection): Promise<void> {
    const { rows } = await line.send<ServerFacts>(FACTS);
    const [facts] = rows;
    if (facts === undefined) throw brokenStore(line.where, "its meta row");
    const before = this.#known;
    const known = recognised(facts, before, line.where);
    this.#known = known;
    if (facts.seen < known.timeline) await line.send(SEE, [known.timeline]);
    if (before !== null && before.timeline < known.timeline) this.#onPromoted();
  }
}

/** Looks at a line that was just opened, and closes it where it leads wrong. */
export async function checked(
  opening: Promise<Connection>,
  identity: Identity,
): Promise<Connection> {
  const line = await opening;
  try {
    await identity.check(line);
    return line;
  } catch (error) {
    await line.close();
    throw error;
  }
}
