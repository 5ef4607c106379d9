import { timeZones, transitions, windowsTimeZone } from "@belfry/schedule";
import { iso } from "../views/instant.ts";
import { type Command, defineCommand } from "./command.ts";
import { plain } from "./terminal/escape.ts";
import { clockWords, instantWords, offsetText } from "./terminal/time-words.ts";

const NO = 1;
/** Changes are looked for so far ahead: two years show what the rules of a zone are. */
const AHEAD_MS = 2 * 365 * 86_400_000;

interface ZoneView {
  readonly name: string;
  readonly windows: string | null;
  /** As in `+01:00`. */
  readonly offset: string;
  readonly changes: readonly {
    readonly at: string;
    readonly kind: "gap" | "overlap";
    readonly offsetBefore: string;
    readonly offsetAfter: string;
  }[];
}

export const zonesCommand: Command = defineCommand({
  name: "zones",
  summary: "Lists time zones: by name, city, English or Windows name, and when their clocks change",
  details: [
    "Needs no store. A search that finds one zone shows its changes of the next two years.",
  ],
  arguments: [{ name: "SEARCH", presence: "any" }],
  options: {},
  examples: [
    ["belfry zones berlin", "its clock, and when that changes"],
    ['belfry zones "W. Europe Standard Time"', "what Windows and Azure call it"],
  ],
  async run(session, call) {
    const search = call.positionals.join(" ");
    const now = session.io.clock.now();
    const zones = timeZones(search).map((name) => zoneView(name, now));
    if (session.json) session.document(zones);
    if (zones.length === 0) {
      if (!session.json) {
        session.say(
          `No time zone is called ${JSON.stringify(plain(search))}: try a large city near it.`,
        );
      }
      return NO;
    }
    if (session.json) return 0;
    session.table(
      [
        { title: "ZONE" },
        { title: "CLOCK" },
        { title: "OFFSET" },
        { title: "IN WINDOWS", shrinks: true },
      ],
      zones.map(({ name, offset, windows }) => [
        name,
        clockWords(now - (now % 60_000), name),
        offset,
        windows ?? "",
      ]),
    );
    const [zone, another] = zones;
    if (zone === undefined || another !== undefined) return 0;
    session.print("");
    if (zone.changes.length === 0) session.say("Its clock does not change in the next two years.");
    for (const { at, kind, offsetBefore, offsetAfter } of zone.changes) {
      const what = kind === "gap" ? "the clock skips ahead" : "the clock goes back";
      const when = instantWords(Date.parse(at), zone.name);
      session.print(`${when}: ${what}, from ${offsetBefore} to ${offsetAfter}`);
    }
    return 0;
  },
});

function zoneView(name: string, now: number): ZoneView {
  return {
    name,
    windows: windowsTimeZone(name),
    offset: offsetOf(now, name),
    changes: transitions(name, now, now + AHEAD_MS).map(({ at, kind }) => ({
      at: iso(at),
      kind,
      offsetBefore: offsetOf(at - 1, name),
      offsetAfter: offsetOf(at, name),
    })),
  };
}

function offsetOf(at: number, name: string): string {
  return offsetText(at, name).slice(-6);
}
