/** What a shell is to run, and what that reads. */
export interface CommandText {
  readonly command: string;
  /** Null: nothing stands after the command, so it reads nothing. */
  readonly stdin: string | null;
}

/**
 * The command of an entry up to its first `%`; what follows is its standard input, with each further
 * `%` a newline and one newline at the end. `\%` is a `%`; any other backslash means itself.
 */
export function splitCommand(text: string): CommandText {
  const [head = ""] = /^(?:\\[\s\S]|[^\\%]|\\$)*/.exec(text) ?? [];
  const command = head.replace(/\\[\s\S]/g, (pair) => (pair === "\\%" ? "%" : pair));
  const stdin = text.slice(head.length + 1).replace(/\\?%/g, (sign) => (sign === "%" ? "\n" : "%"));
  if (stdin === "") return { command, stdin: null };
  return { command, stdin: stdin.endsWith("\n") ? stdin : `${stdin}\n` };
}
