import { hash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type {
  Definition,
  HeartbeatTo,
  ScheduleDefinition,
  SchedulePart,
} from "../core/definition.ts";
import { scheduleId } from "../core/identity.ts";
import type { StandardSchemaV1 } from "../executors/standard-schema.ts";
import { unknownChannels } from "./alert-channels.ts";
import type { Calendars } from "./calendars.ts";
import { canonicalJson } from "./canonical-json.ts";
import { compareText } from "./compare-text.ts";
import { heartbeatTarget } from "./heartbeat.ts";
import { jitterDoubts } from "./jitter-doubts.ts";
import { decidePolicies } from "./policies.ts";
import type { WrittenPolicies } from "./policy-schema.ts";
import { error, type Fault } from "./problem.ts";
import { readPart } from "./schedule-parts.ts";
import type { WrittenNamedSchedule, WrittenTask } from "./task-schema.ts";

/** What a task's definition depends on beside the task itself. */
export interface Surroundings {
  readonly timeZone: string;
  readonly defaults: WrittenPolicies;
  /** The channels that hear of tasks that name none, and the names of all there are. */
  readonly alerts: readonly string[];
  readonly channels: readonly string[];
  readonly calendars: Calendars;
  readonly now: number;
}

/** As semantics.md has it: a payload is JSON, at most 256 KiB. */
const PAYLOAD_BYTES_MAX = 256 * 1024;
/** A task's single schedule has this key. */
const DEFAULT_KEY = "default";

/** Gives what somebody wrote the form in which it is stored; null where a fault forbids that. */
export async function normalize(
  name: string,
  written: WrittenTask,
  around: Surroundings,
): Promise<{ readonly definition: Definition | null; readonly faults: readonly Fault[] }> {
  const executor = executorOf(written);
  const { policies, faults } = decidePolicies(written, around.defaults, executor);
  const read = await Promise.all(
    schedulesOf(written).map((entry) => readSchedule(name, entry, written.payload, around)),
  );
  const lost = unknownChannels(written.alerts ?? [], around.channels);
  const all = [...faults, ...lost, ...read.flatMap((schedule) => schedule.faults)];
  if (all.some(({ severity }) => severity === "error")) return { definition: null, faults: all };
  const schedules = read.map(({ schedule }) => schedule).sort((a, b) => compareText(a.key, b.key));
  const definition: Definition = {
    task: name,
    executor,
    timeZone: zoneOfDays(schedules, around.timeZone),
    schedules,
    policies,
    watch: {
      alerts: written.alerts ?? around.alerts,
      heartbeat: heartbeatTo(written.heartbeat),
      mail: null,
    },
    description: written.description ?? null,
    owner: written.owner ?? null,
    severity: written.severity ?? null,
    tags: written.tags ?? [],
    runbook: written.runbook ?? null,
    idempotent: written.idempotent ?? null,
  };
  return { definition, faults: [...all, ...jitterDoubts(name, schedules, policies, around.now)] };
}

/** The name of a definition's content: equal definitions, however written, have one hash. */
export function definitionHash(definition: Definition): string {
  return hash("sha256", canonicalJson(definition)).slice(0, 32);
}

function executorOf(written: WrittenTask): Definition["executor"] {
  if (written.run !== undefined) return "function";
  return written.shell === undefined ? "command" : "shell";
}

interface ScheduleEntry extends WrittenNamedSchedule {
  readonly key: string;
  readonly path: readonly string[];
}

function schedulesOf(written: WrittenTask): readonly ScheduleEntry[] {
  if (written.schedule !== undefined) {
    return [{ key: DEFAULT_KEY, path: ["schedule"], schedule: written.schedule }];
  }
  return Object.entries(written.schedules ?? {}).map(([key, named]) => ({
    key,
    path: ["schedules", key],
    ...named,
  }));
}

async function readSchedule(
  task: string,
  entry: ScheduleEntry,
  schema: StandardSchemaV1 | undefined,
  around: Surroundings,
): Promise<{ readonly schedule: ScheduleDefinition; readonly faults: readonly Fault[] }> {
  const { key } = entry;
  const seed = scheduleId(task, key);
  const read = entry.schedule.map((part) => readPart(part, { ...around, seed }));
  const parts: SchedulePart[] = [];
  const faults: Fault[] = [];
  for (const [index, { part, faults: found }] of read.entries()) {
    const path = read.length > 1 ? [...entry.path, index] : entry.path;
    if (part !== null) parts.push(part);
    faults.push(...found.map((fault) => ({ ...fault, path: [...path, ...fault.path] })));
  }
  const { payload, fault } = await readPayload(entry, schema);
  if (fault !== null) faults.push(fault);
  return { schedule: { key, parts, payload }, faults };
}

async function readPayload(
  { path, payload }: ScheduleEntry,
  schema: StandardSchemaV1 | undefined,
): Promise<{ readonly payload: string | null; readonly fault: Fault | null }> {
  const text = payload === undefined ? null : jsonOf(payload);
  const place = [...path, "payload"];
  if (payload !== undefined && text === null) {
    const hint = "use text, numbers, true, false, null, lists and maps of them";
    return { payload: null, fault: error(place, "does not survive JSON", hint) };
  }
  if (text !== null && Buffer.byteLength(text) > PAYLOAD_BYTES_MAX) {
    const hint = "store it elsewhere and pass its name";
    return { payload: null, fault: error(place, "is larger than 256 KiB", hint) };
  }
  return { payload: text, fault: await misfit(text, schema, path) };
}

function jsonOf(payload: unknown): string | null {
  try {
    const text: string | undefined = canonicalJson(payload);
    if (text === undefined) return null;
    return isDeepStrictEqual(JSON.parse(text), payload) ? text : null;
  } catch {
    return null;
  }
}

/** What the node would find wrong with the payload at each attempt. */
async function misfit(
  text: string | null,
  schema: StandardSchemaV1 | undefined,
  path: readonly string[],
): Promise<Fault | null> {
  if (schema === undefined) return null;
  const value: unknown = text === null ? undefined : JSON.parse(text);
  const { issues } = await schema["~standard"].validate(value);
  const [first] = issues ?? [];
  if (first === undefined) return null;
  if (text === null) {
    return error(
      path,
      "brings no payload, and the task requires one",
      "write schedules: { name: { schedule, payload } }",
    );
  }
  const steps = (first.path ?? []).map((step) => (typeof step === "object" ? step.key : step));
  return error([...path, "payload", ...steps], `does not fit the task's schema: ${first.message}`);
}

function heartbeatTo(written: WrittenTask["heartbeat"]): HeartbeatTo | null {
  if (written === undefined) return null;
  const { kind, host } = heartbeatTarget(written);
  return { kind, host };
}

/** The zone that all schedules agree on, else the configured one. */
function zoneOfDays(schedules: readonly ScheduleDefinition[], configured: string): string {
  const zones = new Set(schedules.flatMap(({ parts }) => parts.map(({ timeZone }) => timeZone)));
  const [only] = zones;
  return only !== undefined && zones.size === 1 ? only : configured;
}
