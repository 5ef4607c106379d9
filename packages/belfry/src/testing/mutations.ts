/** One guard taken out of one file: whoever watches over it must notice. */
export interface Mutation {
  readonly name: string;
  /** Relative to `packages/belfry/src`. */
  readonly file: string;
  readonly text: string;
  readonly replacement: string;
}

/**
 * The guards that everything else rests on. A suite that stays green without one of them proves
 * nothing about it, so each is taken out in turn and something must go red.
 */
export const MUTATIONS: readonly Mutation[] = [
  {
    name: "settle to history without its fence",
    file: "stores/sqlite/hot.ts",
    text: "on r.id = s.value ->> 0 and r.fence = s.value ->> 1",
    replacement: "on r.id = s.value ->> 0",
  },
  {
    name: "settle to a retry without its fence",
    file: "stores/sql/settle.ts",
    text: '"select task, forced, asked from running where id = ? and fence = ? for update"',
    replacement: '"select task, forced, asked from running where id = ? and ? > 0 for update"',
  },
  {
    name: "a repeated settle answered whatever its outcome",
    file: "stores/sql/settle.ts",
    text: "one.fence === fence && one.outcome === outcome",
    replacement: "one.fence === fence",
  },
  {
    name: "no top-up after a settle",
    file: "stores/sql/settle.ts",
    text: "yield* topupAll(wake.gates, now);",
    replacement: "",
  },
  {
    name: "a retry gives its slot away",
    file: "stores/sql/settle.ts",
    text: "case when gate is null then 0 else 1 end",
    replacement: "0",
  },
  {
    name: "notes without their fence",
    file: "stores/sql/runs.ts",
    text: "       where id = ? and fence = ?`,\n      note.progress",
    replacement: "       where id = ? and ? > 0`,\n      note.progress",
  },
  {
    name: "checkpoints and effects without their fence",
    file: "stores/sql/runs.ts",
    text: '"exists (select 1 from running where id = ? and fence = ?)"',
    replacement: '"exists (select 1 from running where id = ? and ? > 0)"',
  },
  {
    name: "the cursor moved without compare-and-set",
    file: "stores/sqlite/hot.ts",
    text: "and cursor_at = p.value ->> 2",
    replacement: "",
  },
  {
    name: "the plan's revision not looked at",
    file: "stores/sqlite/hot.ts",
    text: "and revision = p.value ->> 1",
    replacement: "",
  },
  {
    name: "the alarm for a second run of an occurrence",
    file: "stores/sql/entering.ts",
    text: "yield* refuseSecondRuns([...this.#waiting, ...this.#starting]);",
    replacement: "",
  },
  {
    name: "a gate counted without those of its batch",
    file: "stores/sql/plan.ts",
    text: "if (entering.has(gate.id)) yield* entering.write();",
    replacement: "",
  },
  {
    name: "runs without a unique id",
    file: "stores/sqlite/schema.ts",
    text: "  id text primary key,\n  task text not null,\n  schedule text,",
    replacement: "  id text not null,\n  task text not null,\n  schedule text,",
  },
  {
    name: "slots counted without those who wait with one",
    file: "stores/sql/gates.ts",
    text: "\n  - (select count(*) from pending p where p.gate = g.id and p.slot = 1) as free",
    replacement: " as free",
  },
  {
    name: "slots counted without those who run",
    file: "stores/sql/gates.ts",
    text: "select g.max - (select count(*) from running r where r.gate = g.id)",
    replacement: "select g.max",
  },
  {
    name: "a claim by a node that was declared dead",
    file: "stores/sql/claim.ts",
    text: "select last_claim, lease_until from node where id = ? and state = 'alive'",
    replacement: "select last_claim, lease_until from node where id = ?",
  },
  {
    name: "a claim without a lease",
    file: "stores/sql/claim.ts",
    text: "if (known.length === 0 && worker.lease_until < now) return NOTHING;",
    replacement: "",
  },
  {
    name: "a claim of what the node has no code for",
    file: "stores/sql/claim.ts",
    text: "exists (select 1 from node_task c where c.node = ? and c.task = pending.task)` as const",
    replacement: "cast(? as text) <> ''` as const",
  },
  {
    name: "a claim that is not looked up after a lost answer",
    file: "stores/sql/claim.ts",
    text: "worker.last_claim === request.claimId ? yield* held(request) : []",
    replacement: "[]",
  },
  {
    name: "a plan that claims without a lease",
    file: "stores/sql/lane.ts",
    text: "worker.lease_until < now || ",
    replacement: "",
  },
  {
    name: "a plan that claims before what waits",
    file: "stores/sql/lane.ts",
    text: "if (yield* isDue(node, now)) return null;",
    replacement: "",
  },
  {
    name: "a plan that claims what the node has no code for",
    file: "stores/sql/entering.ts",
    text: "parked === null && moved.hasCode ?",
    replacement: "parked === null ?",
  },
  {
    name: "a plan that claims more than there is room for",
    file: "stores/sql/lane.ts",
    text: "this.#room -= 1;",
    replacement: "",
  },
  {
    name: "a plan that claims and is not looked up after a lost answer",
    file: "stores/sql/lane.ts",
    text: 'yield* put("update node set last_claim = ? where id = ?", claimId, node);',
    replacement: "",
  },
  {
    name: "a plan's claim forgotten with its answer",
    file: "engine/dispatcher.ts",
    text: "    } catch {\n      this.#missed = true;",
    replacement: "    } catch {\n      this.#claimId = null;",
  },
  {
    name: "what is too late claimed all the same",
    file: "stores/sql/claim.ts",
    text: "again ? NOBODY_LATE : yield* turnAwayLate(now)",
    replacement: "NOBODY_LATE",
  },
  {
    name: "fences that do not rise",
    file: "stores/sql/mark.ts",
    text: "set fence = fence + 1 returning fence",
    replacement: "set fence = 1 returning fence",
  },
  {
    name: "a node killed although its lease runs",
    file: "stores/sql/nodes.ts",
    text: "END} and lease_until < ?`",
    replacement: "END} and ? > 0`",
  },
  {
    name: "a node renewed although it was declared dead",
    file: "stores/sql/lease.ts",
    text: "end\n     where id = ? and state = 'alive'",
    replacement: "end\n     where id = ?",
  },
  {
    name: "orphans taken from the living",
    file: "stores/sql/lease.ts",
    text: "where n.id = running.node and n.state <> 'alive'",
    replacement: "where n.id = running.node and n.state <> ''",
  },
  {
    name: "a release switched over what is owed",
    file: "stores/sql/adopt.ts",
    text: "if ((yield* owes(adoption, now)) || !(yield* switchSource(adoption))) {",
    replacement: "if (!(yield* switchSource(adoption))) {",
  },
  {
    name: "a schedule edited over what is owed",
    file: "stores/sql/schedules.ts",
    text: 'if (known !== undefined && owing === "refuse" && isOwed(known, now)) return "owed";',
    replacement: "",
  },
  {
    name: "an edit that leaves what waits",
    file: "stores/sql/schedules.ts",
    text: "    yield* withdrawSchedule(declared.task, id, by, now);\n    yield* forfeit(",
    replacement: "    yield* forfeit(",
  },
  {
    name: "a pause that holds nothing",
    file: "stores/sql/pause.ts",
    text: "yield* topupAll(yield* hold(task, now), now);",
    replacement: "",
  },
  {
    name: "at most once, and once more after a loss",
    file: "core/verdict.ts",
    text: "if (once || run.losses + 1 >= LOSSES_MAX)",
    replacement: "if (run.losses + 1 >= LOSSES_MAX)",
  },
  {
    name: "no bound on losses",
    file: "core/verdict.ts",
    text: "export const LOSSES_MAX = 3;",
    replacement: "export const LOSSES_MAX = 30;",
  },
  {
    name: "overlap let in",
    file: "core/admission.ts",
    text: 'if (arrival.free > 0) return "start";',
    replacement: 'if (arrival.free > -1) return "start";',
  },
  {
    name: "catch-up of the two latest",
    file: "core/plan.ts",
    text: 'input.policies.catchUp === "latest" && !attended ? 1 : CATCH_UP_MAX',
    replacement: 'input.policies.catchUp === "latest" && !attended ? 2 : CATCH_UP_MAX',
  },
  {
    name: "an overlap policy forgotten while the jitter passes",
    file: "stores/sql/plan.ts",
    text: 'overlap: overlap === "queue" ? null : overlap }',
    replacement: "overlap: null }",
  },
  {
    name: "jitter that is drawn anew",
    file: "core/jitter.ts",
    text: "(Number.parseInt(digits, 16) / SPAN) * room",
    replacement: "(1 - Number.parseInt(digits, 16) / SPAN) * room",
  },
  {
    name: "jitter beyond the next occurrence",
    file: "core/jitter.ts",
    text: "Math.min(spread.jitterMs, (next ?? Infinity) - dueAt)",
    replacement: "spread.jitterMs + 0 * (next ?? 0)",
  },
  {
    name: "a pause that lets the start of what is due come",
    file: "stores/sql/pause.ts",
    text: 'yield* withdraw(jittered, request.by, now, "paused")',
    replacement: "new Set<string>()",
  },
  {
    name: "a pause not seen by the planner",
    file: "core/plan.ts",
    text: "if (pause !== null && isPaused(pause, dueAt)) {",
    replacement: "if (pause !== null && dueAt < 0) {",
  },
  {
    name: "a start after the lease was lost",
    file: "engine/node.ts",
    text: "lives: () => this.#lives(),",
    replacement: "lives: async () => this.#leaseUntil >= 0,",
  },
  {
    name: "a claim forgotten before its runs have started",
    file: "engine/dispatcher.ts",
    text: "    this.expect(claimed.nextArrivalAt);\n",
    replacement: "    this.expect(claimed.nextArrivalAt);\n    this.#claimId = null;\n",
  },
  {
    name: "what was claimed started although the lease ran out between two slices",
    file: "engine/dispatcher.ts",
    text: "      if (!(await this.#stillLives())) this.#starting.length = 0;\n",
    replacement: "",
  },
  {
    name: "a dead node's place left empty while the store is away",
    file: "engine/engine.ts",
    text: "() => void this.#change(() => this.#revive()),",
    replacement: "() => {},",
  },
  {
    name: "a failed run that nobody hears of",
    file: "stores/sql/settle.ts",
    text: 'if (state === "failed") note(wake.failures, task, settlement);',
    replacement: "",
  },
  {
    name: "a success that leaves the incident open",
    file: "stores/sql/settle.ts",
    text: "note(wake.successes, task, run);",
    replacement: "",
  },
  {
    name: "a late occurrence that nobody hears of",
    file: "stores/sql/waiting.ts",
    text: 'if (reason === "late") addSign(signs, task, { kind: "late", schedule, dueAt, at: now });',
    replacement: "",
  },
  {
    name: "what a downtime missed, in no incident",
    file: "stores/sql/plan.ts",
    text: "yield* joinDown({ at: now, fromAt, missed, caughtUp, tasks }, hashes);",
    replacement: "",
  },
  {
    name: "an incident closed by a success from before its cause",
    file: "core/incident.ts",
    text: "startedAt < at || (schedule !== null",
    replacement: "startedAt < 0 || (schedule !== null",
  },
  {
    name: "an incident closed by the success of another schedule",
    file: "core/incident.ts",
    text: 'key !== "" && key !== schedule),',
    replacement: 'key !== "" && key !== key),',
  },
  {
    name: "a removed task's incident left open",
    file: "stores/sql/adopt.ts",
    text: 'addSign(change.signs, task, { kind: "removed", at: now });',
    replacement: "",
  },
  {
    name: "an incident without alerts",
    file: "stores/sql/incidents.ts",
    text: "    yield* putAlerts(facts, around.channels, now);",
    replacement: "",
  },
  {
    name: "an alert that is not hidden while it is sent",
    file: "stores/sql/outbox.ts",
    text: "      now + holdMs,",
    replacement: "      now,",
  },
  {
    name: "the end told before the beginning",
    file: "stores/sql/outbox.ts",
    text: "o.channel and b.state = 'waiting'))`;",
    replacement: "o.channel and b.state = ''))`;",
  },
  {
    name: "an alert that was sent sent again",
    file: "stores/sql/outbox.ts",
    text: "set state = 'sent', ended_at = ?, error = null",
    replacement: "set state = 'waiting', ended_at = ?, error = null",
  },
  {
    name: "runs and gaps pruned that no day counts",
    file: "stores/sql/prune.ts",
    text: "  for (const day of days) yield* addDay(day);",
    replacement: "",
  },
  {
    name: "a gap pruned as one occurrence",
    file: "engine/janitor.ts",
    text: "due: day.due + count, [column]: day[column] + count",
    replacement: "due: day.due + 1, [column]: day[column] + 1",
  },
  {
    name: "a day counted in another zone than its task's",
    file: "engine/janitor.ts",
    text: 'zones.get(row.task) ?? "UTC"',
    replacement: 'zones.get("") ?? "UTC"',
  },
  {
    name: "what is younger than retention pruned",
    file: "engine/janitor.ts",
    text: "const before = now - retention.historyMs;",
    replacement: "const before = now - retention.historyMs / 2;",
  },
  {
    name: "an incident that is over forgotten at once",
    file: "stores/sql/prune.ts",
    text: "from incident i where opened_at < ?\n       and closed_at < ? and",
    replacement: "from incident i where opened_at < ? + 1e12\n       and closed_at < ? + 1e12 and",
  },
  {
    name: "a result forgotten while the store is away",
    file: "engine/alerter.ts",
    text: "    await this.#options.store.recordOutbox(results, now);\n    this.#results = this.#results.slice(results.length);",
    replacement:
      "    this.#results = this.#results.slice(results.length);\n    await this.#options.store.recordOutbox(results, now);",
  },
];
