import { open } from "node:fs/promises";

/**
 * Writes lines to a file that many processes share.
 *
 * @returns writes one: it is durable when the promise resolves. Who comes while others are written
 *   shares the next write.
 */
export function noteTo(path: string): (line: string) => Promise<void> {
  const file = open(path, "a");
  let waiting = "";
  let under: Promise<void> = Promise.resolve();
  let next: Promise<void> | null = null;

  const write = (): Promise<void> => {
    const text = waiting;
    waiting = "";
    next = null;
    under = file.then(async (handle) => {
      await handle.appendFile(text);
      await handle.datasync();
    });
    return under;
  };

  return (line) => {
    waiting += `${line}\n`;
    next ??= under.then(write);
    return next;
  };
}
