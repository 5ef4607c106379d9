/** So many letters in common at the beginning make it the same word in another form. */
const STEM = 4;

/** The known word that was probably meant: two slips away at most, or of the same stem; or null. */
export function closest(word: string, known: Iterable<string>): string | null {
  let best: string | null = null;
  let fewest = Math.min(3, Math.ceil(word.length / 2));
  for (const candidate of known) {
    const slips = slipsBetween(word.toLowerCase(), candidate.toLowerCase());
    if (slips < fewest) {
      best = candidate;
      fewest = slips;
    }
  }
  return best;
}

function slipsBetween(a: string, b: string): number {
  const isSameStem = a.length >= STEM && b.startsWith(a.slice(0, STEM));
  return isSameStem ? Math.min(2, distance(a, b)) : distance(a, b);
}

/** Damerau's distance: two neighbours swapped are one slip, as fingers make them. */
function distance(a: string, b: string): number {
  let older: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const least = Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      next.push(swapped ? Math.min(least, (older[j - 2] ?? 0) + 1) : least);
    }
    older = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
