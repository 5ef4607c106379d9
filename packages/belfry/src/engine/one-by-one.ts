import { BelfryError } from "../core/errors.ts";

/**
 * Writes a batch as one; where the store refuses it, one by one, so that what is bad in it holds up
 * nothing else. A store that is away refuses nothing: then the error is thrown, to be tried again.
 *
 * @param refused what to answer for an item that the store does not take.
 */
export async function oneByOneIfRefused<Item, Answer>(
  batch: readonly Item[],
  write: (batch: readonly Item[]) => Promise<readonly Answer[]>,
  refused: (item: Item, error: unknown) => Answer,
): Promise<readonly Answer[]> {
  try {
    return await write(batch);
  } catch (error) {
    if (isAway(error)) throw error;
  }
  const answers: Answer[] = [];
  for (const item of batch) {
    try {
      answers.push(...(await write([item])));
    } catch (error) {
      if (isAway(error)) throw error;
      answers.push(refused(item, error));
    }
  }
  return answers;
}

/** Whether the store could not be reached, whatever it was asked. */
export function isAway(error: unknown): boolean {
  return error instanceof BelfryError && error.kind === "unavailable";
}
