/** What a time zone's name stands for: a fixed offset, or a zone of the IANA database. */
export interface ResolvedTimeZone {
  readonly name: string;
  readonly offsetMs: number | null;
}

const FIXED = /^([+-])(\d\d)(?::?([0-5]\d))?$/;

/**
 * The proper spelling of a time zone's name, or `null` where there is no such zone. Aliases keep
 * the name they were asked by (`Asia/Kolkata`), since that is the one their users know.
 */
export function canonicalTimeZone(name: string): string | null {
  return resolveTimeZone(name)?.name ?? null;
}

export function resolveTimeZone(name: string): ResolvedTimeZone | null {
  if (name.length > 100) return null;
  const fixed = FIXED.exec(name);
  if (fixed !== null) return fixedOffset(fixed);
  const resolved = intlName(name);
  if (resolved === null) return null;
  if (resolved === "UTC") return { name: "UTC", offsetMs: 0 };
  if (resolved.toLowerCase() === name.toLowerCase()) return { name: resolved, offsetMs: null };
  return { name: /^[A-Z].*\/./.test(name) ? name : resolved, offsetMs: null };
}

function fixedOffset(match: RegExpExecArray): ResolvedTimeZone | null {
  const hours = Number(match[2]);
  const minutes = Number(match[3] ?? 0);
  if (hours > 23) return null;
  const offsetMs = (hours * 60 + minutes) * 60_000;
  if (offsetMs === 0) return { name: "UTC", offsetMs: 0 };
  const name = `${match[1]}${match[2]}:${match[3] ?? "00"}`;
  return { name, offsetMs: match[1] === "-" ? -offsetMs : offsetMs };
}

/** As the platform names it; `null` where it knows none. */
export function intlName(name: string): string | null {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return null;
  }
}

/** The zone that was probably meant: the same city, or a name that differs in a letter or two. */
export function suggestTimeZone(name: string): string | null {
  const wanted = fold(name).slice(0, 60);
  if (wanted === "") return null;
  let best: string | null = null;
  let bestDistance = 3.5;
  for (const zone of Intl.supportedValuesOf("timeZone")) {
    const full = fold(zone);
    const city = full.slice(full.lastIndexOf("/") + 1);
    if (city === wanted || full === wanted) return zone;
    const wantedCity = wanted.slice(wanted.lastIndexOf("/") + 1);
    // The right city under the wrong continent is a likelier slip than any misspelling.
    const distance =
      city === wantedCity
        ? 0.5
        : Math.min(distanceOf(full, wanted), distanceOf(city, wanted) + 0.5);
    if (distance < bestDistance && distance < wanted.length / 2) {
      best = zone;
      bestDistance = distance;
    }
  }
  return best;
}

/** Lower case, with `_` for blanks. */
export function fold(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, "_");
}

/** Levenshtein's distance, given up (as 9) where the lengths alone differ by more than three. */
function distanceOf(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 3) return 9;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swapped = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 9;
}
