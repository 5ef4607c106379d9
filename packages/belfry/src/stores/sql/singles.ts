import type { Args, Verb } from "../face.ts";

type Singles = { readonly [V in Verb]?: (...args: Args<V>) => readonly Args<V>[] };

const ONE_BY_ONE: Singles = {
  plan: (plans, now) => plans.map((plan) => [[plan], now]),
  trigger: (requests, now) => requests.map((request) => [[request], now]),
  settle: (settlements, now) => settlements.map((settlement) => [[settlement], now]),
};

/**
 * The same call for each member of its batch alone, for a batch that fails as a whole: the good ones
 * are kept, and the call fails with the error of the whole. Asked again, the good ones answer as done.
 *
 * @returns none where there is no batch, or only one in it.
 */
export function singlesOf<V extends Verb>(verb: V, args: Args<V>): readonly Args<V>[] {
  const split: ((...args: Args<V>) => readonly Args<V>[]) | undefined = ONE_BY_ONE[verb];
  const singles = split?.(...args) ?? [];
  return singles.length < 2 ? [] : singles;
}
