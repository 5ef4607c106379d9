import type { LogLine, LogQuery, Logs } from "../log.ts";
import type { Store } from "../store.ts";

const PAGE = 5_000;
/** What people are shown of a run's end. */
const LINES = 20;
const LINE_LENGTH_MAX = 400;
const BYTES_MAX = 64 * 1024;

/** The last lines that a run's last attempt printed; none where they cannot be had. */
export async function tailOf(
  id: string,
  { store, logs }: { readonly store: Store; readonly logs: Logs },
): Promise<readonly string[]> {
  try {
    const run = await store.run(id);
    const attempt = run?.attempts.at(-1)?.number;
    if (run === null || attempt === undefined) return [];
    const of = { run: id, fromAt: run.dueAt, untilAt: run.endedAt, attempt };
    const tail = await readTail(logs, of, BYTES_MAX);
    if (tail === "") return [];
    const lines = tail.split("\n").slice(-LINES);
    return lines.map((text) =>
      text.length > LINE_LENGTH_MAX ? `${text.slice(0, LINE_LENGTH_MAX)}…` : text,
    );
  } catch {
    return [];
  }
}

/**
 * The end of what an attempt printed: its last whole lines, of at most so many bytes together; of
 * a line that is longer, its end.
 */
export async function readTail(
  logs: Pick<Logs, "read">,
  of: Pick<LogQuery, "run" | "fromAt" | "untilAt" | "attempt">,
  bytesMax: number,
): Promise<string> {
  let lines: readonly LogLine[] = [];
  let after: string | null = null;
  for (;;) {
    const page = await logs.read({ ...of, after, limit: PAGE });
    lines = lastLines([...lines, ...page.lines], bytesMax);
    if (page.lines.length < PAGE) break;
    after = page.cursor;
  }
  return lastBytes(lines.map(({ text }) => text).join("\n"), bytesMax);
}

/** As many lines as fit, and the last one in any case. */
function lastLines(lines: readonly LogLine[], bytesMax: number): readonly LogLine[] {
  let bytes = 0;
  let first = lines.length;
  while (first > 0) {
    bytes += Buffer.byteLength(lines[first - 1]?.text ?? "") + 1;
    if (bytes > bytesMax + 1 && first < lines.length) break;
    first -= 1;
  }
  return lines.slice(first);
}

/** The end of a text, of at most so many bytes: never begins within a character. */
export function lastBytes(text: string, bytesMax: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= bytesMax) return text;
  let start = bytes.length - bytesMax;
  while (start < bytes.length && ((bytes[start] ?? 0) & 0xc0) === 0x80) start += 1;
  return bytes.toString("utf8", start);
}
