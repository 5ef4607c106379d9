import { BelfryError } from "../core/errors.ts";

/** Reads an option that counts something: a whole number from 1 to `most`. */
export function readCount(
  text: string | null,
  option: string,
  otherwise: number,
  most: number,
): number {
  if (text === null) return otherwise;
  const count = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= most) return count;
  const message = `${option} takes a whole number from 1 to ${most}, not ${JSON.stringify(text)}.`;
  throw new BelfryError("usage", "bad-usage", message);
}
