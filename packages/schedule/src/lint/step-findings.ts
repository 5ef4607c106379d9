import type { Field } from "../dialects/field.ts";
import { type Finding, finding, type Written } from "../finding.ts";

/** A field of an expression as it was written. */
export interface WrittenField extends Written {
  readonly field: Pick<Field, "name" | "low" | "high">;
}

/** Steps that begin anew with each round of their field: the last one is shorter, or longer. */
export function stepFindings(fields: readonly WrittenField[]): Finding[] {
  return fields.flatMap((written) => {
    const { name, low, high } = written.field;
    const [, first, last, every] = /^(?:[*?]|(\d+)(?:-(\d+))?)\/(\d+)$/.exec(written.text) ?? [];
    const [start, step] = [Number(first ?? low), Number(every ?? 1)];
    const whole = last === undefined || (start === low && Number(last) === high);
    // Years do not go round.
    if (step === 1 || !whole || high > 59) return [];
    const round = name === "day of week" ? 7 : high - low + 1;
    if (step >= round) {
      const message = `a step of ${step} is longer than the ${name} field: only its first value is left`;
      return [finding("step-too-long", "warning", message, written)];
    }
    if (high === 31) {
      const message = `the steps start again on day ${start} of each month, whatever day the last one had`;
      return [finding("uneven-step", "info", message, written)];
    }
    const end = start + Math.floor((low + round - 1 - start) / step) * step;
    const rest = start + round - end;
    if (rest === step) return [];
    const why = round % step === 0 ? "the steps start again" : `${step} does not divide ${round}`;
    const message = `${why}: after ${end} comes ${start}, ${rest} later`;
    return [finding("uneven-step", "info", message, written)];
  });
}
