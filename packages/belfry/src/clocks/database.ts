import type { Clock, Precision } from "../clock.ts";

/** What a database said of its time: one question and its answer. Ms. */
export interface Reading {
  /** When the question was sent and its answer was there, by this process's monotonic clock. */
  readonly askedAt: number;
  readonly answeredAt: number;
  /** The database's time in between. */
  readonly at: number;
}

/**
 * In a fleet the database's clock is the authority; between two readings this process goes on by
 * its own monotonic one. A jump of either wall clock shows as a jump of `now`.
 */
export interface DatabaseClock extends Clock {
  /** Takes a reading into account; as a rule one every few seconds. */
  read(reading: Reading): void;
  /** How far the machine's wall clock is ahead of the database's, ms. */
  aheadMs(): number;
}

/** What is known of the database's time: it is `offset` ms ahead of the monotonic clock. */
interface Offset {
  readonly offset: number;
  /** It may be off by this much, ms, */
  readonly uncertainty: number;
  /** as of then, by the monotonic clock. */
  readonly readAt: number;
}

/** How fast two clocks may part: quartz is off by less than 100 ms in a thousand seconds. */
const DRIFT = 1e-4;

/** The database's time was read somewhere between question and answer: the middle is off by half of that. */
function offsetOf({ askedAt, answeredAt, at }: Reading): Offset {
  return {
    offset: at - (askedAt + answeredAt) / 2,
    uncertainty: (answeredAt - askedAt) / 2,
    readAt: answeredAt,
  };
}

/**
 * A reading that took long says little: what is known is kept as long as the two agree and it is
 * the more certain one, which it is less and less as it ages.
 */
function better(known: Offset, read: Offset): Offset {
  const aged = known.uncertainty + DRIFT * Math.max(0, read.readAt - known.readAt);
  const agree = Math.abs(known.offset - read.offset) <= aged + read.uncertainty;
  return agree && aged < read.uncertainty ? known : read;
}

/** @param machine measures time in between, and wakes. */
export function createDatabaseClock(machine: Clock, first: Reading): DatabaseClock {
  let known = offsetOf(first);
  // Of what it may be, the earliest: nothing is to start before its time.
  const offset = (): number => known.offset - known.uncertainty;
  const now = (): number => Math.floor(machine.monotonic() + offset());

  const schedule = (at: number, wake: () => void, precision: Precision = "rough"): (() => void) => {
    const wakeAt = at - offset();
    // The machine's wall clock is read twice on the way, and may tick in between: not before.
    const arm = (): (() => void) =>
      machine.schedule(machine.now() + (wakeAt - machine.monotonic()), onTime, precision);
    const onTime = (): void => {
      if (machine.monotonic() < wakeAt) withdraw = arm();
      else wake();
    };
    let withdraw = arm();
    return () => withdraw();
  };

  return {
    now,
    monotonic: () => machine.monotonic(),
    schedule,
    read: (reading) => {
      known = better(known, offsetOf(reading));
    },
    aheadMs: () => machine.now() - Math.floor(machine.monotonic() + known.offset),
  };
}
