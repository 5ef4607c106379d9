import type { Schedule } from "@belfry/schedule";

interface Expression {
  readonly expression: string;
  readonly dialect: string;
  readonly timeZone: string;
}

interface ConvertView extends Expression {
  readonly words: string;
  readonly from: Expression;
  readonly remarks: readonly string[];
}

/** A schedule and how it is written in another dialect, as the faces print them. */
export function convertView(from: Schedule, to: Schedule, remarks: readonly string[]): ConvertView {
  return { ...expressionOf(to), words: to.words(), from: expressionOf(from), remarks };
}

function expressionOf({ expression, dialect, timeZone }: Schedule): Expression {
  return { expression, dialect, timeZone };
}
