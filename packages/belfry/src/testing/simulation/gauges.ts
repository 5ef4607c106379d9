/** What a simulation must have come across to mean anything: each is hit now and then. */
export const GAUGES = [
  "stale settle refused",
  "stale note or checkpoint refused",
  "ambiguous claim adopted",
  "ambiguous settle repeated",
  "plan lost the race",
  "jitter put a start off",
  "jittered run met a full gate",
  "claimed along with its plan",
  "reaper lost to a renewal",
  "late renewal accepted",
  "renewal of a dead node refused",
  "claim of a dead node refused",
  "claim without a lease refused",
  "declared dead and replaced",
  "death by expired lease",
  "death by proof",
  "orphans taken",
  "lost thrice",
  "lost at most once",
  "two attempts at once after a lost lease",
  "interrupted by a stop",
  "interrupted at most once",
  "catch-up latest",
  "catch-up all",
  "catch-up capped",
  "gap down",
  "gap late",
  "gap overlap",
  "gap paused",
  "gap edited",
  "overlap skip",
  "overlap queue",
  "overlap replace",
  "retry after failure",
  "failed exhausted",
  "failed permanent",
  "failed timed-out",
  "failed deadline",
  "cancelled while waiting",
  "cancelled while running",
  "cancelled late",
  "replayed",
  "same idempotency key answered",
  "idempotency key conflict",
  "retry held by a pause",
  "trigger refused by a pause",
  "forced while paused",
  "pause ended by itself",
  "release adopted",
  "release rolled back",
  "release lost the race",
  "task removed",
  "task returned",
  "edit withdrew a waiting run",
  "schedule made at run time",
  "schedule removed at run time",
  "limit lowered below its holders",
  "parked for want of code",
  "clock gap crossed",
  "clock overlap crossed",
  "clock jump held",
  "incident opened",
  "incident joined",
  "incident closed by a success",
  "incident closed by a removal",
  "downtime told",
  "alert refused by its channel",
  "alert delivered",
  "alert repeated after a death",
  "heartbeat delivered",
  "store away",
  "reply lost",
] as const;

export type Gauge = (typeof GAUGES)[number];

export class Gauges {
  readonly #counts = new Map<Gauge, number>();

  hit(gauge: Gauge, times = 1): void {
    this.#counts.set(gauge, (this.#counts.get(gauge) ?? 0) + times);
  }

  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(GAUGES.map((gauge) => [gauge, this.#counts.get(gauge) ?? 0]));
  }
}
