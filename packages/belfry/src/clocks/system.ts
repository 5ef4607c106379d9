import { randomBytes } from "node:crypto";
import { performance } from "node:perf_hooks";
import type { Clock, Precision } from "../clock.ts";

/** Timers may fire up to 2 ms early, and much longer ones than this would fire at once. */
const EARLY_MS = 3;
/** So many times as long as it spun the process then leaves the last ms to timers. */
const REST = 30;
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

/**
 * Until then nobody spins, by the monotonic clock: where instants follow each other closely, what a
 * ms gains is not worth a third of a core.
 */
let restsUntil = 0;

function schedule(at: number, wake: () => void, precision: Precision = "rough"): () => void {
  let timer: NodeJS.Timeout | null = null;
  let immediate: NodeJS.Immediate | null = null;
  let spinsSince: number | null = null;
  // Counted by time that passes: a wall clock set back would put everybody to sleep for that long.
  const wakeAt = performance.now() + (at - Date.now());

  const arm = (): void => {
    const now = performance.now();
    const left = wakeAt - now;
    const spins = precision === "sharp" && (spinsSince !== null || wakeAt >= restsUntil);
    const ahead = spins ? EARLY_MS : 0;
    if (left > ahead) {
      timer = setTimeout(arm, Math.min(left - ahead, TIMER_MAX_MS));
    } else if (left > 0) {
      spinsSince ??= now;
      immediate = setImmediate(arm);
    } else {
      if (spinsSince !== null) restsUntil = now + REST * (now - spinsSince);
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
