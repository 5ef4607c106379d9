import type { Clock } from "../clock.ts";
import type { Store } from "../store.ts";
import { Events } from "./events.ts";
import { Settler } from "./settler.ts";

/** One that is stepped by the test, or by `wake`. */
export function settlerOn(
  store: Store,
  clock: Clock,
  events: Events = new Events(),
  wake: () => void = () => {},
): Settler {
  return new Settler({
    store,
    clock,
    random: () => 0,
    events,
    wake,
    onOutbox: () => {},
    rush: () => false,
    onSettled: () => {},
  });
}
