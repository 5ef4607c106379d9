import type { GapReason, OutcomeKind, Reason, RunState } from "../core/run.ts";
import { jsonValue } from "../views/json-text.ts";
import type { Style } from "./terminal/style.ts";
import type { Cell } from "./terminal/table.ts";

/** How a state or an outcome looks: colour never says what the word does not. */
export function stateCell(state: string, style: Style, more = ""): Cell {
  return { text: `${state}${more}`, dress: (text) => dressState(state, text, style) };
}

export function dressState(state: string, text: string, style: Style): string {
  switch (state) {
    case "succeeded":
    case "alive":
      return style.good(text);
    case "failed":
    case "timed-out":
    case "lost":
    case "expired":
    case "stalled":
      return style.bad(text);
    case "running":
      return style.underWay(text);
    case "cancelled":
    case "interrupted":
    case "gap":
    case "paused":
    case "draining":
      return style.doubtful(text);
    default:
      return style.dim(text);
  }
}

const MARKS: Readonly<Record<RunState | OutcomeKind | "gap", string>> = {
  succeeded: "✓",
  failed: "✗",
  "timed-out": "✗",
  lost: "✗",
  cancelled: "⊘",
  interrupted: "⊘",
  running: "▸",
  pending: "·",
  gap: "○",
};

export function markOf(state: keyof typeof MARKS): string {
  return MARKS[state];
}

const GAP_REASONS: Readonly<Record<GapReason, string>> = {
  down: "no node was up and working",
  late: "could not start in time",
  overlap: "another run was still under way",
  paused: "the task was paused",
  edited: "its schedule was changed before",
  blackout: "inside a blackout",
};

/** Why occurrences did not become runs, as the end of a sentence. */
export function gapWords(reason: GapReason): string {
  return GAP_REASONS[reason];
}

/** A run's state and, where it says more, why: `failed (exhausted)`. */
export function stateWords({ state, reason }: { state: RunState; reason: Reason | null }): string {
  return reason === null || reason === state ? state : `${state} (${reason})`;
}

/** How far a run has come, as it reported it: `30 of 100 files`. */
export function progressWords(json: string | null): string | null {
  const progress = jsonValue(json);
  if (typeof progress !== "object" || progress === null || !("done" in progress)) return json;
  const { done, total, unit } = { total: null, unit: null, ...progress };
  return [String(done), total === null ? "" : `of ${total}`, unit ?? ""].filter(Boolean).join(" ");
}

/** Why a run or an occurrence is as it is: a gap's reason in words, a run's as it is. */
export function reasonWords(reason: Reason | GapReason | null, state: string): string {
  if (reason === null) return "";
  return state === "gap" && isGapReason(reason) ? gapWords(reason) : reason;
}

function isGapReason(reason: string): reason is GapReason {
  return Object.hasOwn(GAP_REASONS, reason);
}

const BYTE_UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB"] as const;

/** How much that is, in the largest unit of which there is one: `12.3 MiB`. */
export function byteWords(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), BYTE_UNITS.length - 1);
  const amount = bytes / 1024 ** power;
  const digits = power === 0 || amount >= 100 ? 0 : 1;
  return `${amount.toFixed(digits)} ${BYTE_UNITS[power] ?? "bytes"}`;
}

/** `1 run`, `2 runs`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? one : many}`;
}
