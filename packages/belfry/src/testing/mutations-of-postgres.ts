import type { Mutation } from "./mutation.ts";

/** What only several writers at once, or a server, can go wrong by: SQLite has none of it. */
const GUARDS: readonly Omit<Mutation, "watch">[] = [
  {
    name: "a take by a node whose lease has run out",
    file: "stores/postgres/hot.ts",
    text: " and lease_until >= $2 for share",
    replacement: " for share",
  },
  {
    name: "a take by a node that was declared dead",
    file: "stores/postgres/hot.ts",
    text: "where id = $1 and state = 'alive' and lease_until",
    replacement: "where id = $1 and lease_until",
  },
  {
    name: "a take that does not hold its node",
    file: "stores/postgres/hot.ts",
    text: "lease_until >= $2 for share)",
    replacement: "lease_until >= $2)",
  },
  {
    name: "a take of what has no slot",
    file: "stores/postgres/hot.ts",
    text: "where (gate is null or slot = 1) and ready_at <= $2 and ready_at >= $3",
    replacement: "where ready_at <= $2 and ready_at >= $3",
  },
  {
    name: "a take of what the node has no code for",
    file: "stores/postgres/hot.ts",
    text: "\n    and (task in (select task from belfry.node_task where node = $1 and placed = 1)) is true",
    replacement: "",
  },
  {
    name: "a take that waits for what another is taking",
    file: "stores/postgres/hot.ts",
    text: "limit $5 for update skip locked",
    replacement: "limit $5 for update",
  },
  {
    name: "a run given out in the order of its table",
    file: "stores/postgres/hot.ts",
    text: "return [...taken].sort(inOrder);",
    replacement: "return taken;",
  },
  {
    name: "an end under a fence that is not the run's",
    file: "stores/postgres/hot.ts",
    text: " where r.id = s.id and r.fence = s.fence",
    replacement: " where r.id = s.id",
  },
  {
    name: "what was moved before taken for moved now",
    file: "stores/postgres/hot.ts",
    text: " and xmin = pg_current_xact_id()::xid",
    replacement: "",
  },
  {
    name: "a run that waits and runs left where it stops every claim",
    file: "stores/postgres/store.ts",
    text: 'if (verb === "claim" && isTwice(error)) {',
    replacement: "if (1 < 0) {",
  },
  {
    name: "a batch that fails left undone for one bad row",
    file: "stores/postgres/store.ts",
    text: "if (!isUnavailable(error)) await this.#salvage(verb, args);",
    replacement: "",
  },
  {
    name: "a plan that waits for who plans the same",
    file: "stores/sql/plan.ts",
    text: "order by id for update skip locked",
    replacement: "order by id for update",
  },
  {
    name: "triggers that failed together all refused",
    file: "stores/postgres/gatherer.ts",
    text: "if (asked.length === 1 || this.#isAway(error)) {",
    replacement: "if (asked.length > 0) {",
  },
  {
    name: "a commit taken for done that was undone",
    file: "stores/postgres/transaction.ts",
    text: "if (late !== undefined) throw late.reason;",
    replacement: "",
  },
  {
    name: "transactions that met others given up at once",
    file: "stores/postgres/transaction.ts",
    text: "const TRIES = 8;",
    replacement: "const TRIES = 1;",
  },
  {
    name: "what declares keeping nobody out",
    file: "stores/postgres/transaction.ts",
    text: "  alone: native(",
    replacement: "  free: native(",
  },
  {
    name: "a gate that nobody holds",
    file: "stores/sql/lock.ts",
    text: 'return lock("select 1 from gate where id = ? for update", gate);',
    replacement: 'return put("select 1 from gate where id = ?", gate);',
  },
  {
    name: "gates that nobody holds",
    file: "stores/sql/lock.ts",
    text: '"select 1 from gate where id = any(?) order by id for update", gates',
    replacement: '"select 1 from gate where id = any(?) order by id limit 0 for update", gates',
  },
  {
    name: "tasks that nobody holds while an incident is opened",
    file: "stores/sql/lock.ts",
    text: '"select 1 from task where name = any(?) order by name for update", tasks',
    replacement: '"select 1 from task where name = any(?) order by name limit 0 for update", tasks',
  },
  {
    name: "a claim that does not hold its node",
    file: "stores/sql/claim.ts",
    text: "from node where id = ? and state = 'alive' for update",
    replacement: "from node where id = ? and state = 'alive'",
  },
  {
    name: "a lease by the node's own clock, and shortened",
    file: "stores/postgres/renewal.ts",
    text: "least(greatest(n.lease_until, time.now + $2), time.now + 2 * $2)",
    replacement: "time.now",
  },
  {
    name: "a lease renewed for a node that was declared dead",
    file: "stores/postgres/renewal.ts",
    text: "where n.id = $1 and n.state = 'alive'",
    replacement: "where n.id = $1",
  },
  {
    name: "nodes declared dead for the time that the server was away",
    file: "stores/postgres/store.ts",
    text: 'if (evidence === "expired" && !(yield* isUpFor(leaseMs))) return "held";',
    replacement: "",
  },
  {
    name: "work against a server that was left behind",
    file: "stores/postgres/identity.ts",
    text: "if (timeline < highest) {",
    replacement: "if (timeline < 0) {",
  },
  {
    name: "fences that repeat after a promotion",
    file: "stores/postgres/tables.ts",
    text: "`(select ((epoch + ",
    replacement: "`(select ((epoch + 0 * ",
  },
  {
    name: "what came late behind a node's floor left waiting",
    file: "stores/postgres/floor.ts",
    text: "if (this.#at > 0 && Math.abs(now - this.#allAt) < ALL_EVERY_MS) return this.#at;",
    replacement: "if (this.#at > 0) return this.#at;",
  },
  {
    name: "what is below a node's floor left where there is room for it",
    file: "stores/postgres/hot.ts",
    text: "if (from === 0 || taken.length === limit) return taken;",
    replacement: "if (from >= 0) return taken;",
  },
  {
    name: "a hint that only runs wait, where more has changed",
    file: "stores/postgres/listener.ts",
    text: 'if (what === "anything") this.#what = what;',
    replacement: "",
  },
  {
    name: "nobody opens a line for those who wait where opening failed",
    file: "stores/postgres/lines.ts",
    text: "this.#openFor(this.#waiting.shift());\n      throw error;",
    replacement: "throw error;",
  },
];

export const MUTATIONS_OF_POSTGRES: readonly Mutation[] = GUARDS.map((guard) => ({
  ...guard,
  watch: "postgres",
}));
