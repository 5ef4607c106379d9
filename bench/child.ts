import { fork } from "node:child_process";

/** Runs a script in a process of its own, whose costs are then its alone, for what it replies. */
export async function inProcess<T>(file: string, words: readonly string[]): Promise<T> {
  const child = fork(file, words, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  return await new Promise<T>((resolve, reject) => {
    let answer: { readonly value: T } | null = null;
    child.on("message", (message: { readonly value: T }) => {
      answer = message;
    });
    child.on("exit", (code) => {
      if (answer === null) reject(new Error(`${words.join(" ")} ended with ${code} and no reply`));
      else resolve(answer.value);
    });
  });
}

/** What a script run by `inProcess` found. */
export function reply(value: unknown): void {
  process.send?.({ value }, () => process.disconnect?.());
}
