/*
 * Sets of small numbers as bits: one word, or two of thirty where there are sixty of them.
 */

/** `bits` must not be 0. */
export function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

/** `bits` must not be 0. */
export function highestBit(bits: number): number {
  return 31 - Math.clz32(bits);
}

export function bitCount(bits: number): number {
  bits -= (bits >>> 1) & 0x55555555;
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** The values that bits stand for, of which the lowest stands for `low`. */
export function valuesOf(bits: number, low: number): number[] {
  const values: number[] = [];
  for (let bit = 0; bit < 31; bit++) if (((bits >>> bit) & 1) !== 0) values.push(low + bit);
  return values;
}

/** The first number of a pair of words from one on, or -1. */
export function firstFrom(low: number, high: number, minute: number): number {
  if (minute < 30) {
    const bits = low & (-1 << minute);
    if (bits !== 0) return lowestBit(bits);
    return high === 0 ? -1 : 30 + lowestBit(high);
  }
  const bits = high & (-1 << (minute - 30));
  return bits === 0 ? -1 : 30 + lowestBit(bits);
}

/** The last number of a pair of words up to one, or -1. */
export function lastUpTo(low: number, high: number, minute: number): number {
  if (minute >= 30) {
    const bits = high & ((2 << (minute - 30)) - 1);
    if (bits !== 0) return 30 + highestBit(bits);
    return low === 0 ? -1 : highestBit(low);
  }
  const bits = low & ((2 << minute) - 1);
  return bits === 0 ? -1 : highestBit(bits);
}
