/** A variable as a line of a crontab sets it. */
export interface Variable {
  readonly name: string;
  readonly value: string;
}

/**
 * Reads `name = value`; null: the line sets no variable. The grammar is cron's, and no shell's:
 * blanks around `=` count for nothing, either side may stand in single or double quotes, which keep
 * blanks; a backslash and a `$` mean themselves; nothing may follow a closing quote. Like cronie,
 * it takes a value that is missing for an empty one, for which Debian's cron refuses the whole file.
 */
export function readVariable(line: string): Variable | null {
  const name = readName(line);
  if (name === null) return null;
  const equals = /^\s*=\s*/.exec(line.slice(name.end));
  if (equals === null) return null;
  const value = readValue(line.slice(name.end + equals[0].length));
  return value === null ? null : { name: name.text, value };
}

function readName(line: string): { readonly text: string; readonly end: number } | null {
  const quoted = /^(["'])([^=]*?)\1/.exec(line);
  if (quoted !== null) return nameOf(quoted[2], quoted[0].length);
  const bare = /^[^\s="'][^\s=]*/.exec(line);
  return bare === null ? null : nameOf(bare[0], bare[0].length);
}

function nameOf(text: string | undefined, end: number) {
  return text === undefined || text === "" ? null : { text, end };
}

function readValue(rest: string): string | null {
  const quote = rest[0];
  if (quote !== '"' && quote !== "'") return rest.trimEnd();
  const end = rest.indexOf(quote, 1);
  return end < 0 || rest.slice(end + 1).trim() !== "" ? null : rest.slice(1, end);
}
