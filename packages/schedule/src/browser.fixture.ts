import { type ParseOptions, parse, ScheduleError } from "./index.ts";

/*
 * What the browser's page is made from: all that the package exports, and questions to it.
 */

export * from "./index.ts";

export interface Question {
  readonly expression: string;
  readonly options: ParseOptions;
  /** An ISO instant, and how many occurrences after it are asked for. */
  readonly from: string;
  readonly count: number;
}

/** The occurrences, as ISO instants without fractions of zero, or the words of the refusal. */
export type Answer = readonly string[] | string;

export function answersTo(questions: readonly Question[]): Answer[] {
  return questions.map((question) => {
    try {
      return occurrencesOf(question);
    } catch (error) {
      if (error instanceof ScheduleError) return error.message;
      throw error;
    }
  });
}

function occurrencesOf({ expression, options, from, count }: Question): string[] {
  const schedule = parse(expression, options);
  const found: string[] = [];
  let at = schedule.next(Date.parse(from));
  for (; at !== null && found.length < count; at = schedule.next(at)) {
    found.push(new Date(at).toISOString().replace(".000Z", "Z"));
  }
  return found;
}
