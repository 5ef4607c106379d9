/** What JSON text says, as a value; text that is none stands for itself. */
export function jsonValue(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
