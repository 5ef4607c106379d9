import type { LogBatch, LogLine } from "../log.ts";

/** A batch as it is stored, and as it crosses to the thread: a tenth of the size of its lines. */
export interface PackedBatch extends Pick<LogBatch, "run" | "attempt" | "forget"> {
  readonly first: number;
  readonly last: number;
  /** Of the last line, which says in which day's file the batch lies; null where there is none. */
  readonly at: number | null;
  readonly lines: string;
}

/** Lines that share everything but their text; the fields are the first one's. */
type Group = [
  at: number,
  stream: LogLine["stream"],
  level: LogLine["level"],
  fields: string | null,
  texts: string[],
];

export function packBatch({ run, attempt, firstLine, lines, forget }: LogBatch): PackedBatch {
  const last = firstLine + lines.length - 1;
  const at = lines.at(-1)?.at ?? null;
  return { run, attempt, first: firstLine, last, at, lines: packLines(lines), forget };
}

/** As JSON text. Lines of one chunk of output share all but their text. */
function packLines(lines: readonly LogLine[]): string {
  const groups: Group[] = [];
  for (const { at, stream, level, fields, text } of lines) {
    const last = groups.at(-1);
    if (last?.[0] === at && last[1] === stream && last[2] === level && fields === null) {
      last[4].push(text);
    } else {
      groups.push([at, stream, level, fields, [text]]);
    }
  }
  return JSON.stringify(groups);
}

export function unpackLines(json: string, attempt: number): LogLine[] {
  const groups: Group[] = JSON.parse(json);
  return groups.flatMap(([at, stream, level, fields, texts]) =>
    texts.map((text, index) => {
      return { at, attempt, stream, level, text, fields: index === 0 ? fields : null };
    }),
  );
}
