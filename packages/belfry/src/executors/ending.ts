import {
  isGroupThere,
  type ProcessGroup,
  type ProcessIdentity,
  sessionMembers,
  signalGroup,
  signalProcess,
} from "./processes.ts";

export interface EndingOptions {
  /** Whole groups to end; asked again in each round, as is `find`: they may fork meanwhile. */
  groups(): readonly ProcessGroup[];
  /** Single processes to end, which may have left every group. */
  find(): readonly ProcessIdentity[] | Promise<readonly ProcessIdentity[]>;
  /** How long they may take to heed SIGTERM before SIGKILL; 0: SIGKILL at once. */
  readonly politeMs: number;
  /** After this it is given up: what hangs in the kernel cannot be ended. */
  readonly limitMs: number;
  readonly wait: (ms: number) => Promise<void>;
  readonly monotonic: () => number;
}

export interface Ending {
  /** How many processes were found in all. */
  readonly found: number;
  /** How many of them would not end. */
  readonly left: number;
}

const ROUND_MS = 10;

/** Ends processes until none is found any more: SIGTERM first, then SIGKILL. */
export async function endSurvivors(options: EndingOptions): Promise<Ending> {
  const startedAt = options.monotonic();
  const met = new Set<string>();
  const asked = new Set<string>();
  for (;;) {
    const here = await living(options);
    for (const name of here.keys()) met.add(name);
    const elapsed = options.monotonic() - startedAt;
    if (here.size === 0 || elapsed >= options.limitMs) return { found: met.size, left: here.size };
    const polite = elapsed < options.politeMs;
    for (const [name, signal] of here) {
      if (polite && asked.has(name)) continue;
      asked.add(name);
      signal(polite ? "SIGTERM" : "SIGKILL");
    }
    // At one blow, so that none of them can fork between two of ours.
    if (!polite) for (const group of options.groups()) signalGroup(group, "SIGKILL");
    await options.wait(ROUND_MS);
  }
}

type Signal = (signal: NodeJS.Signals) => void;

/** Each survivor once, under a name, with the way to signal it. */
async function living(options: EndingOptions): Promise<Map<string, Signal>> {
  const here = new Map<string, Signal>();
  const add = (one: ProcessIdentity): void => {
    here.set(`${one.pid} ${one.startTime}`, (signal) => signalProcess(one, signal));
  };
  for (const group of options.groups()) {
    const members = sessionMembers(group);
    for (const member of members) add(member);
    // Without /proc the members are unknown, and the group stands for them.
    if (process.platform !== "linux" && isGroupThere(group)) {
      here.set(`group ${group.id}`, (signal) => signalGroup(group, signal));
    }
  }
  for (const one of await options.find()) add(one);
  return here;
}
