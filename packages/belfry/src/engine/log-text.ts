import type { LogLine } from "../log.ts";

/** Whole lines as they came, not decoded: most of a flood is dropped before anybody reads it. */
export interface RawLines extends Pick<LogLine, "at" | "stream" | "level"> {
  /** Of the first of the lines. */
  readonly fields: string | null;
  readonly bytes: Buffer;
}

/** Whatever steers a terminal, but for the tabulator and the line ends, which are cut at. */
const CONTROLS = /(?:(?![\t\n])\p{Cc})+/gu;
const ESCAPES: readonly string[] = Array.from(
  { length: 0xa0 },
  (_, code) => `\\x${code.toString(16).padStart(2, "0")}`,
);

/**
 * The lines as people read them: what is not UTF-8 becomes U+FFFD and each control character a
 * visible `\x1b`, so that no output can steer the terminal or the page that shows it.
 */
export function readLines(raw: RawLines, attempt: number): LogLine[] {
  const { at, stream, level } = raw;
  const texts = raw.bytes.toString("utf8").replace(CONTROLS, escaped).split("\n");
  if (texts.length > 1 && texts.at(-1) === "") texts.pop();
  return texts.map((text, index) => {
    const fields = index === 0 ? raw.fields : null;
    return { at, attempt, stream, level, text, fields };
  });
}

/** What stands where something was dropped. */
export function droppedText(bytes: number, lines: number): string {
  return `… ${grouped(bytes)} bytes dropped (${grouped(lines)} lines) …`;
}

export function droppedFieldsText(bytes: number): string {
  return `… ${grouped(bytes)} bytes of fields dropped …`;
}

function escaped(controls: string): string {
  let text = "";
  for (let index = 0; index < controls.length; index += 1) {
    text += ESCAPES[controls.charCodeAt(index)] ?? "";
  }
  return text;
}

function grouped(count: number): string {
  return count.toLocaleString("en-US");
}
