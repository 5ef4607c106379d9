import type { Signal } from "./io.ts";
import type { Session } from "./session.ts";

/** The first signal asks to stop, the second demands it. */
export class Signals {
  readonly first: Promise<Signal>;
  readonly second: Promise<Signal>;
  readonly close: () => void;

  constructor(session: Session) {
    const first = Promise.withResolvers<Signal>();
    const second = Promise.withResolvers<Signal>();
    let heard = 0;
    this.close = session.io.onSignal((signal) => {
      heard += 1;
      (heard === 1 ? first : second).resolve(signal);
    });
    this.first = first.promise;
    this.second = second.promise;
  }
}
