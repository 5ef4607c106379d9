/** Something about a valid schedule that its author may not have meant. */
export interface Finding {
  readonly code: string;
  readonly severity: "info" | "warning" | "error";
  readonly message: string;
  /** Index of the text it is about within the expression. */
  readonly position: number;
  readonly length: number;
  /** An expression to use instead, where there is one that probably says what was meant. */
  readonly fix: string | null;
}

/** Where words and lint look from unless they are told: this library has no clock. 2026-01-01T00:00Z. */
export const LINT_FROM_AT = 1_767_225_600_000;

/** A part of an expression as it was written. */
export interface Written {
  readonly text: string;
  readonly position: number;
}

/** Where nothing smaller is to blame. */
export function wholeOf(expression: string): Written {
  return { text: expression, position: 0 };
}

/** The parts between separators. */
export function piecesOf({ text, position }: Written, separator: string): Written[] {
  let at = position - separator.length;
  return text.split(separator).map((piece) => {
    const from = at + separator.length;
    at = from + piece.length;
    return { text: piece, position: from };
  });
}

/** What is left from an index on. */
export function restOf({ text, position }: Written, index: number): Written {
  return { text: text.slice(index), position: position + index };
}

/** A finding about a part of an expression. */
export function finding(
  code: string,
  severity: Finding["severity"],
  message: string,
  { text, position }: Written,
  fix: string | null = null,
): Finding {
  return { code, severity, message, position, length: text.length, fix };
}

export function inOrder(findings: readonly Finding[]): Finding[] {
  return findings.toSorted((a, b) => a.position - b.position);
}

/** The text with a part of it written anew. */
export function replaced(expression: string, { text, position }: Written, by: string): string {
  return expression.slice(0, position) + by + expression.slice(position + text.length);
}
