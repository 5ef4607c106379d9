/** A shorter value would be found in ordinary text everywhere. */
export const SECRET_LENGTH_MIN = 4;
/** A line of a longer value is looked for by itself only if it has so many characters. */
const LINE_LENGTH_MIN = 8;
/** Fewer bytes are no recognisable piece of base64. */
const BASE64_BYTES_MIN = 6;

/**
 * The texts by which a value gives itself away: as it is, as JSON or a URL has it, in base64
 * (whatever stands before it there), and each line of it, as tools break and indent lines anew.
 */
export function formsOf(value: string): readonly string[] {
  const trimmed = value.trim();
  const plain = trimmed.length < SECRET_LENGTH_MIN ? [value] : [value, trimmed];
  const lines = trimmed.includes("\n") ? trimmed.split("\n").map((line) => line.trim()) : [];
  const forms = [
    ...plain.flatMap((text) => [text, inJson(text), inUrl(text)]),
    ...lines.filter((line) => line.length >= LINE_LENGTH_MIN),
    ...base64Forms(trimmed),
  ];
  return [...new Set(forms)];
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function inUrl(text: string): string {
  // A lone surrogate has no form there.
  return encodeURIComponent(text.toWellFormed());
}

/** What base64 makes of the value behind 0, 1 or 2 other bytes, less what its neighbours decide. */
function base64Forms(value: string): readonly string[] {
  const bytes = Buffer.from(value);
  if (bytes.length < BASE64_BYTES_MIN) return [];
  return [0, 1, 2].flatMap((before) => {
    const length = before + bytes.length;
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    const own = text.slice(Math.ceil((before * 8) / 6), Math.floor((length * 8) / 6));
    return [own, own.replaceAll("+", "-").replaceAll("/", "_")];
  });
}
