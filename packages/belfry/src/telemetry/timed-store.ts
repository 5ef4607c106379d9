import type { Clock } from "../clock.ts";
import type { Store } from "../store.ts";

const UNTIMED: ReadonlySet<string> = new Set(["onChange", "close"]);

/** The same store; `observe` hears of each call how long it took, failed ones included. */
export function timedStore(
  store: Store,
  clock: Clock,
  observe: (verb: string, durationMs: number) => void,
): Store {
  const timed = new Map<string, (...args: unknown[]) => unknown>();
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function" || typeof name !== "string") return member;
      let call = timed.get(name);
      if (call === undefined) {
        call = UNTIMED.has(name)
          ? (...args) => member.apply(target, args)
          : (...args) => {
              const from = clock.monotonic();
              const done = (): void => observe(name, clock.monotonic() - from);
              const answer: unknown = member.apply(target, args);
              if (answer instanceof Promise) void answer.then(done, done);
              return answer;
            };
        timed.set(name, call);
      }
      return call;
    },
  });
}
