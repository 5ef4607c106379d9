import type { Clock } from "../clock.ts";

export function wait(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.schedule(clock.now() + ms, resolve);
  });
}

/** Waits for `event`, but not longer than `ms`; no timer is left behind. */
export function waitAtMost(clock: Clock, ms: number, event: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const withdraw = clock.schedule(clock.now() + ms, resolve);
    void event.then(() => {
      withdraw();
      resolve();
    });
  });
}
