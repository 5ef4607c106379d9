import { randomBytes } from "node:crypto";
import { performance } from "node:perf_hooks";
import type { Clock, Precision } from "../clock.ts";

/** Timers may fire up to 2 ms early, and much longer ones than this would fire at once. */
const EARLY_MS = 3;
const TIMER_MAX_MS = 86_400_000;

/** The machine's clock. The only place that asks it, and the only one that draws chance. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule,
};

export function systemRandom(): number {
  return Math.random();
}

/** 32 hexadecimal digits that nobody can guess. */
export function systemEntropy(): string {
  return randomBytes(16).toString("hex");
}

function schedule(at: number, wake: () => void, precision: Precision = "rough"): () => void {
  let timer: NodeJS.Timeout | null = null;
  let immediate: NodeJS.Immediate | null = null;
  const ahead = precision === "sharp" ? EARLY_MS : 0;
  // Counted by time that passes: a wall clock set back would put everybody to sleep for that long.
  const wakeAt = performance.now() + (at - Date.now());

  const arm = (): void => {
    const left = wakeAt - performance.now();
    if (left > ahead) {
      timer = setTimeout(arm, Math.min(left - ahead, TIMER_MAX_MS));
    } else if (left > 0) {
      immediate = setImmediate(arm);
    } else {
      wake();
    }
  };
  if (wakeAt > performance.now()) arm();
  else immediate = setImmediate(wake);

  return () => {
    if (timer !== null) clearTimeout(timer);
    if (immediate !== null) clearImmediate(immediate);
  };
}
