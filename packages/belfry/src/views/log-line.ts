import type { LogLine } from "../log.ts";
import { iso } from "./instant.ts";
import { jsonValue } from "./json-text.ts";

export interface LogLineView extends Omit<LogLine, "at" | "fields"> {
  readonly at: string;
  readonly fields: unknown;
}

/** One line of output, as the faces print it. */
export function logLineView(line: LogLine): LogLineView {
  const { attempt, stream, level, text } = line;
  return { at: iso(line.at), attempt, stream, level, text, fields: jsonValue(line.fields) };
}
