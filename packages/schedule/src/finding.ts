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

/** Where a lint looks from unless it is told: this library has no clock. 2026-01-01T00:00Z. */
export const LINT_FROM_AT = 1_767_225_600_000;
