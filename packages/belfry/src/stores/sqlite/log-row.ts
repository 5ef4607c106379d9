import type { LogLine } from "../../log.ts";

/** Lines that share everything but their text; the fields are the first one's. */
type Group = [
  at: number,
  stream: LogLine["stream"],
  level: LogLine["level"],
  fields: string | null,
  texts: string[],
];

/** Lines of one attempt as JSON text. Those of one chunk of output share all but their text. */
export function packLines(lines: readonly LogLine[]): string {
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
