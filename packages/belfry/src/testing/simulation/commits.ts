import type { FinalState, GapReason, Parked, Reason, TriggerKind } from "../../core/run.ts";
import type { Answer, Args, Verb } from "../../stores/face.ts";
import { READS } from "../../stores/sql/verbs.ts";
import type { Database } from "../../stores/sqlite/database.ts";
import { openDatabase } from "../../stores/sqlite/store.ts";
import { performAlone, type Result } from "../../stores/sqlite/verbs.ts";

/** A run in one of its three tables; what a table does not have is undefined. */
export interface RunImage {
  readonly table: RunTable;
  readonly task: string;
  readonly schedule: string | null;
  readonly dueAt: number;
  readonly definition: string;
  readonly triggerKind: TriggerKind;
  readonly gate: string | null;
  readonly deadlineAt: number | null;
  /** JSON objects joined by commas. */
  readonly attempts: string;
  readonly payload: string | null;
  readonly createdAt: number;
  readonly readyAt: number | null;
  readonly slot?: number;
  readonly parked?: Parked | null;
  readonly forced?: number;
  readonly live?: number;
  readonly startBy?: number | null;
  readonly overlap?: string | null;
  readonly node?: string | null;
  readonly claimId?: string;
  readonly fence?: number;
  readonly startedAt?: number | null;
  readonly endedAt?: number;
  readonly asked?: string | null;
  readonly state?: FinalState;
  readonly reason?: Reason | null;
}

export type RunTable = "pending" | "running" | "history";

export interface GapImage {
  readonly schedule: string;
  readonly fromAt: number;
  readonly toAt: number;
  readonly count: number;
  readonly reason: GapReason;
  readonly definition: string;
}

export interface ScheduleImage {
  readonly task: string;
  readonly key: string;
  readonly source: string;
  readonly parts: string;
  readonly payload: string | null;
  readonly revision: number;
  readonly enabled: number;
  readonly cursorAt: number;
  readonly nextAt: number | null;
}

export interface NodeImage {
  readonly state: "alive" | "dead" | "left";
  readonly leaseUntil: number;
  readonly releases: string;
  readonly host: string;
}

export interface TaskImage {
  readonly source: string;
  readonly enabled: number;
  readonly definition: string;
  readonly pauseFrom: number | null;
  readonly pauseUntil: number | null;
  readonly pauseBy: string | null;
}

export interface IncidentImage {
  readonly kind: "task" | "down";
  readonly task: string | null;
  readonly openedAt: number;
  readonly closedAt: number | null;
  readonly count: number;
}

export interface OutboxImage {
  readonly kind: "alert" | "heartbeat" | "mail";
  readonly channel: string | null;
  readonly task: string | null;
  readonly incident: string | null;
  readonly step: "opened" | "closed" | null;
  readonly state: "waiting" | "sent" | "dropped";
  readonly tries: number;
  readonly readyAt: number;
  readonly madeAt: number;
}

export interface DayImage {
  readonly due: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly missed: number;
  readonly passedOver: number;
}

/** What each watched table's rows look like. */
export interface Images {
  readonly pending: RunImage;
  readonly running: RunImage;
  readonly history: RunImage;
  readonly gap: GapImage;
  readonly day: DayImage;
  readonly schedule: ScheduleImage;
  readonly gate: { readonly max: number };
  readonly node: NodeImage;
  readonly task: TaskImage;
  readonly source: { readonly applied: string | null };
  readonly checkpoint: { readonly value: string };
  readonly effect: { readonly run: string; readonly result: string };
  readonly trigger_key: { readonly run: string };
  readonly incident: IncidentImage;
  readonly outbox: OutboxImage;
}

/** One row that a commit wrote. `row` is what it became; null where it was deleted. */
export type Change = {
  [T in keyof Images]: { readonly table: T; readonly id: string; readonly row: Images[T] | null };
}[keyof Images];

/** One verb as the store did it: what was asked, what was answered, and every row it touched. */
export interface Commit<V extends Verb = Verb> {
  readonly at: number;
  /** The process that asked. */
  readonly by: string;
  readonly verb: V;
  readonly args: Args<V>;
  readonly result: Result<Answer<V>>;
  readonly changes: readonly Change[];
}

export function isCommitOf<V extends Verb>(commit: Commit, verb: V): commit is Commit<V> {
  return commit.verb === verb;
}

const RUN =
  "task schedule due_at definition trigger_kind gate deadline_at attempts payload created_at ready_at";

/** The tables that are watched: their key, and the columns that a check looks at. */
const WATCHED: {
  readonly [T in keyof Images]: { readonly key: string; readonly columns: string };
} = {
  pending: { key: "X.id", columns: `${RUN} slot parked forced live start_by overlap` },
  running: { key: "X.id", columns: `${RUN} forced node claim_id fence started_at asked` },
  history: { key: "X.id", columns: `${RUN} node fence started_at ended_at asked state reason` },
  gap: {
    key: "X.schedule || '/' || X.from_at",
    columns: "schedule from_at to_at count reason definition",
  },
  day: {
    key: "X.task || '/' || X.day",
    columns: "due succeeded failed cancelled missed passed_over",
  },
  schedule: {
    key: "X.id",
    columns: "task key source parts payload revision enabled cursor_at next_at",
  },
  gate: { key: "X.id", columns: "max" },
  node: { key: "X.id", columns: "state lease_until releases host" },
  task: { key: "X.name", columns: "source enabled definition pause_from pause_until pause_by" },
  source: { key: "X.name", columns: "applied" },
  checkpoint: { key: "X.run", columns: "value" },
  effect: { key: "X.scope || '/' || X.key", columns: "run result" },
  trigger_key: { key: "X.task || '/' || X.key", columns: "run" },
  incident: { key: "X.id", columns: "kind task opened_at closed_at count" },
  outbox: { key: "X.id", columns: "kind channel task incident step state tries ready_at made_at" },
};

const TRIGGERS = Object.entries(WATCHED)
  .flatMap(([table, { key, columns }]) => {
    const pairs = columns.split(" ").map((column) => `'${camelCase(column)}', X.${column}`);
    const row = `json_object('table', '${table}', ${pairs.join(", ")})`;
    const note = (id: string, body: string): string =>
      `begin insert into change (name, id, body) values ('${table}', ${id}, ${body}); end;`;
    const written = note(key, row).replaceAll("X.", "new.");
    const deleted = note(key, "null").replaceAll("X.", "old.");
    return [
      `create temp trigger ${table}_added after insert on main.${table} ${written}`,
      `create temp trigger ${table}_changed after update on main.${table} ${written}`,
      `create temp trigger ${table}_deleted after delete on main.${table} ${deleted}`,
    ];
  })
  .join("\n");

function camelCase(column: string): string {
  return column.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** What tells of runs and nodes goes with them; what tells of rules stays for good. */
const AUDITS = ["in", "not in"].map((of) => {
  const name = of === "in" ? "audit of runs" : "audit of rules";
  const runs = "'run.trigger', 'run.replay', 'run.cancel', 'node.dead', 'clock.jump'";
  return `select '${name}' as name, count(*) as rows from audit where what ${of} (${runs})`;
});

/** Reads are held to their word, but not each of them: looking costs as much as reading. */
const READ_CHECK_EVERY = 16;

/** The one real store of a simulation, whose every commit is told with the rows that it wrote. */
export class WatchedStore {
  readonly #db: Database;
  readonly #onCommit: (commit: Commit) => void;
  readonly #census: string;
  #reads = 0;

  constructor(onCommit: (commit: Commit) => void) {
    this.#db = openDatabase(":memory:");
    this.#db.exec(
      "create temp table change (seq integer primary key, name text, id text, body text)",
    );
    this.#db.exec(TRIGGERS);
    const tables = this.#db.all<{ name: string }>(
      "select name from main.sqlite_schema where type = 'table' order by name",
    );
    const counts = tables.map(
      ({ name }) => `select '${name}' as name, count(*) as rows from ${name}`,
    );
    this.#census = [...counts.filter((sql) => !sql.endsWith(" audit")), ...AUDITS].join(
      " union all ",
    );
    this.#onCommit = onCommit;
  }

  /** Does a verb now and tells of it, whether it was done or threw. */
  perform<V extends Verb>(verb: V, args: Args<V>, by: string, at: number): Result<Answer<V>> {
    const result = this.#attempt(verb, args);
    if (!READS.has(verb) || this.#reads++ % READ_CHECK_EVERY === 0) {
      this.#onCommit({ at, by, verb, args, result, changes: this.#changes() });
    }
    return result;
  }

  close(): void {
    this.#db.close();
  }

  /** How much it holds: rows by table, and pages of the file that it would be. */
  size(): { readonly rows: Readonly<Record<string, number>>; readonly pages: number } {
    const rows = this.#db.all<{ name: string; rows: number }>(this.#census);
    const found = this.#db.get<{ pages: number }>(
      `select page_count - freelist_count as pages from pragma_page_count, pragma_freelist_count`,
    );
    return {
      rows: Object.fromEntries(rows.map(({ name, rows: count }) => [name, count])),
      pages: found?.pages ?? 0,
    };
  }

  #attempt<V extends Verb>(verb: V, args: Args<V>): Result<Answer<V>> {
    try {
      return { answer: performAlone(this.#db, verb, args) };
    } catch (error) {
      return { error };
    }
  }

  #changes(): readonly Change[] {
    const rows = this.#db.all<{ change: string }>(
      `select json_object('table', name, 'id', id, 'row', json(body)) as change
       from temp.change order by seq`,
    );
    if (rows.length > 0) this.#db.run("delete from temp.change");
    return rows.map(({ change }) => this.#whole(JSON.parse(change)));
  }

  /** History keeps the last attempt in columns of its own; the checks see one list. */
  #whole(change: Change): Change {
    if (change.table !== "history" || change.row === null) return change;
    const attempts = performAlone(this.#db, "run", [change.id])?.attempts ?? [];
    const text = attempts.map((attempt) => JSON.stringify(attempt)).join(",");
    return { ...change, row: { ...change.row, attempts: text } };
  }
}
