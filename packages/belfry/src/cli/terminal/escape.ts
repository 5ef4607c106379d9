/**
 * What a terminal would obey instead of showing: C0 but tab and line feed, DEL, C1, and the marks
 * that reorder text or hide in it. Names and output come from others, and must not steer.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about.
const STEERING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with an escape character.
const COLOUR = /\u001b\[[\d;:]*m/g;

/** Text on one line, with nothing in it that a terminal obeys: for names, messages and cells. */
export function plain(text: string): string {
  return escapeSteering(text).replaceAll("\t", " ").replaceAll("\n", "⏎");
}

/** Text of several lines with nothing in it that a terminal obeys, but line ends and tabs. */
export function plainLines(text: string): string {
  return escapeSteering(text);
}

/**
 * A line of output as a terminal may have it. Colours stay where colours are wanted, and end with
 * the line; whatever else would steer the terminal is shown instead.
 */
export function plainOutput(text: string, colours: boolean): string {
  const line = text.endsWith("\r") ? text.slice(0, -1) : text;
  let shown = "";
  let from = 0;
  let coloured = false;
  for (const match of line.matchAll(COLOUR)) {
    shown += escapeSteering(line.slice(from, match.index));
    from = match.index + match[0].length;
    if (!colours) continue;
    shown += match[0];
    coloured = true;
  }
  shown += escapeSteering(line.slice(from));
  return coloured ? `${shown}\u001b[0m` : shown;
}

function escapeSteering(text: string): string {
  return text.replace(STEERING, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, "0")}`
      : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}
