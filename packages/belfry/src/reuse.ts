import type { Belfry } from "./belfry.ts";
import type { Carried } from "./engine/engine.ts";

type Load = () => Promise<Carried>;

/** A Belfry that is open, and what its next `start()` is to carry. */
interface Kept {
  readonly belfry: Promise<Belfry>;
  load: Load;
}

type Keeping = Map<string, Kept>;

/** Registered, so that a module that a dev server has imported anew finds what the old one kept. */
const KEPT: unique symbol = Symbol.for("belfry.kept");

/**
 * The Belfry of this key that `keeper` has; else one is opened and kept there until it is closed.
 * It is the caller's object, `globalThis` say, so nothing here is global.
 *
 * @param load what its next `start()` is to carry.
 * @param open is given the load to ask, and whom to tell that it was closed.
 */
export function reused(
  keeper: object,
  key: string,
  load: Load,
  open: (load: Load, closed: () => void) => Promise<Belfry>,
): Promise<Belfry> {
  const keeping = keepingOf(keeper);
  const before = keeping.get(key);
  if (before !== undefined) {
    before.load = load;
    return before.belfry;
  }
  const forget = (): void => {
    if (keeping.get(key) === kept) keeping.delete(key);
  };
  const kept: Kept = { belfry: open(() => kept.load(), forget), load };
  keeping.set(key, kept);
  kept.belfry.catch(forget);
  return kept.belfry;
}

function keepingOf(keeper: object): Keeping {
  const found: unknown = Reflect.get(keeper, KEPT);
  // Another copy of this module may have made it: its class is the built-in one all the same.
  if (found instanceof Map) return found;
  const keeping: Keeping = new Map();
  Object.defineProperty(keeper, KEPT, { value: keeping });
  return keeping;
}
