import type {
  Change,
  Commit,
  DayImage,
  GapImage,
  Images,
  IncidentImage,
  NodeImage,
  OutboxImage,
  RunImage,
  ScheduleImage,
  TaskImage,
} from "./commits.ts";

/** What one commit made of one row. Null: it was or is not there. */
export interface Step<T> {
  readonly id: string;
  readonly before: T | null;
  readonly after: T | null;
}

/** What one commit changed, row by row, each once. */
export interface Delta {
  readonly runs: readonly Step<RunImage>[];
  readonly gaps: readonly Step<GapImage>[];
  readonly days: readonly Step<DayImage>[];
  readonly schedules: readonly Step<ScheduleImage>[];
  readonly nodes: readonly Step<NodeImage>[];
  readonly tasks: readonly Step<TaskImage>[];
  readonly gates: readonly Step<{ readonly max: number }>[];
  readonly incidents: readonly Step<IncidentImage>[];
  readonly outbox: readonly Step<OutboxImage>[];
  /** Checkpoints by run, effects by run. */
  readonly saved: readonly string[];
  /** Runs that were in two tables at once, or twice in one commit's end: never. */
  readonly doubled: readonly string[];
}

type Tables = { readonly [T in keyof Images]: Map<string, Images[T]> };

/** A copy of the store, kept from its commits alone, with what each row was before. */
export class History {
  readonly tables: Tables = {
    pending: new Map(),
    running: new Map(),
    history: new Map(),
    gap: new Map(),
    day: new Map(),
    schedule: new Map(),
    gate: new Map(),
    node: new Map(),
    task: new Map(),
    source: new Map(),
    checkpoint: new Map(),
    effect: new Map(),
    trigger_key: new Map(),
    incident: new Map(),
    outbox: new Map(),
  };

  run(id: string): RunImage | null {
    const { pending, running, history } = this.tables;
    return running.get(id) ?? pending.get(id) ?? history.get(id) ?? null;
  }

  apply(commit: Commit): Delta {
    const runs = new Map<string, RunImage | null>();
    const before = {
      gap: new Map<string, GapImage | null>(),
      day: new Map<string, DayImage | null>(),
      schedule: new Map<string, ScheduleImage | null>(),
      node: new Map<string, NodeImage | null>(),
      task: new Map<string, TaskImage | null>(),
      gate: new Map<string, { readonly max: number } | null>(),
      incident: new Map<string, IncidentImage | null>(),
      outbox: new Map<string, OutboxImage | null>(),
    };
    const saved: string[] = [];
    for (const change of commit.changes) {
      switch (change.table) {
        case "pending":
        case "running":
        case "history":
          if (!runs.has(change.id)) runs.set(change.id, this.run(change.id));
          break;
        case "gap":
          this.#remember(before.gap, this.tables.gap, change.id);
          break;
        case "day":
          this.#remember(before.day, this.tables.day, change.id);
          break;
        case "schedule":
          this.#remember(before.schedule, this.tables.schedule, change.id);
          break;
        case "node":
          this.#remember(before.node, this.tables.node, change.id);
          break;
        case "task":
          this.#remember(before.task, this.tables.task, change.id);
          break;
        case "gate":
          this.#remember(before.gate, this.tables.gate, change.id);
          break;
        case "incident":
          this.#remember(before.incident, this.tables.incident, change.id);
          break;
        case "outbox":
          this.#remember(before.outbox, this.tables.outbox, change.id);
          break;
        case "checkpoint":
          saved.push(change.id);
          break;
        case "effect":
          if (change.row !== null) saved.push(change.row.run);
          break;
      }
      this.#write(change);
    }
    return {
      runs: [...runs].map(([id, was]) => ({ id, before: was, after: this.run(id) })),
      gaps: steps(before.gap, this.tables.gap),
      days: steps(before.day, this.tables.day),
      schedules: steps(before.schedule, this.tables.schedule),
      nodes: steps(before.node, this.tables.node),
      tasks: steps(before.task, this.tables.task),
      gates: steps(before.gate, this.tables.gate),
      incidents: steps(before.incident, this.tables.incident),
      outbox: steps(before.outbox, this.tables.outbox),
      saved,
      doubled: [...runs.keys()].filter((id) => this.#places(id) > 1),
    };
  }

  #remember<T>(before: Map<string, T | null>, table: ReadonlyMap<string, T>, id: string): void {
    if (!before.has(id)) before.set(id, table.get(id) ?? null);
  }

  #write<T extends keyof Images>(change: Change & { readonly table: T }): void {
    // The union of changes pairs each table with its own rows, which the index cannot see.
    const table = this.tables[change.table] as Map<string, Images[keyof Images]>;
    if (change.row === null) table.delete(change.id);
    else table.set(change.id, change.row);
  }

  #places(id: string): number {
    const { pending, running, history } = this.tables;
    return [pending, running, history].filter((table) => table.has(id)).length;
  }
}

function steps<T>(before: ReadonlyMap<string, T | null>, now: ReadonlyMap<string, T>): Step<T>[] {
  return [...before].map(([id, was]) => ({ id, before: was, after: now.get(id) ?? null }));
}
