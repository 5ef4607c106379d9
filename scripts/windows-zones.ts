/*
 * Writes the names that Windows has for time zones, from the Unicode CLDR (supplemental/windowsZones,
 * Unicode License v3), as the package @belfry/schedule brings them along.
 *
 *   node scripts/windows-zones.ts FOLDER   where FOLDER is the npm package cldr-core, unpacked
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [folder = ""] = process.argv.slice(2);
const TARGET = join(import.meta.dirname, "../packages/schedule/src/windows-zones.ts");
const SUFFIX = / Standard Time$/;

interface Entry {
  readonly mapZone: {
    readonly _other: string;
    readonly _type: string;
    readonly _territory: string;
  };
}

const { supplemental } = JSON.parse(
  readFileSync(join(folder, "supplemental/windowsZones.json"), "utf8"),
);
const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
const entries: readonly Entry[] = supplemental.windowsZones.mapTimezones;

const rows = new Map<string, Set<string>>();
for (const { mapZone } of entries) {
  const names = rows.get(mapZone._other) ?? new Set();
  // The entry of the territory 001 comes first: the zone that stands for all.
  for (const name of mapZone._type.split(" ")) if (!name.startsWith("Etc/GMT")) names.add(name);
  if (names.size === 0) names.add(mapZone._type.split(" ")[0] ?? "");
  rows.set(mapZone._other, names);
}
const lines = [...rows].map(([windows, names]) => {
  const short = SUFFIX.test(windows) ? windows.replace(SUFFIX, "") : `${windows}!`;
  return `${short}|${[...names].join(" ")}`;
});
writeFileSync(
  TARGET,
  `/*
 * Written by scripts/windows-zones.ts from supplemental/windowsZones of the Unicode CLDR
 * (cldr-core ${version}, Unicode License v3). A line each: the name in Windows, of which "Standard Time" is
 * left out, or which ends with a "!" where it has no such end; then its IANA zones, of which the first
 * stands for all.
 */
export const WINDOWS_ZONES = \`
${lines.join("\n")}
\`;
`,
);
