import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  CONVERT_DIALECTS,
  convert,
  DIALECT_NAMES,
  localInstant,
  parse,
  type Schedule,
  ScheduleError,
} from "../../packages/schedule/src/index.ts";
import { type Example, nextWords, readExamples } from "./examples.fixture.ts";

const examples = readExamples();

function parseExample({ dialect, zone, anchor }: Example, expression: string): Schedule {
  return parse(expression, { dialect, timeZone: zone, ...(anchor === "" ? {} : { anchor }) });
}

/** What `make` throws, as a page says it. */
function refusal(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    if (error instanceof ScheduleError) return error.message;
    throw error;
  }
  return "";
}

/** What is so of an example, in the words of its claim. */
function truthOf(example: Example): string {
  const { expression, zone, claim, claimed, from, to } = example;
  if (claim === "refused because") return refusal(() => parseExample(example, expression));
  const schedule = parseExample(example, expression);
  if (claim === "next") {
    const start = from.includes(" ") ? from : `${from} 00:00`;
    const count = claimed.split(", ").length;
    return nextWords(schedule, zone, localInstant(start, zone), count);
  }
  const target = CONVERT_DIALECTS.find((name) => name === to);
  assert.ok(target !== undefined, `convert does not write ${to}`);
  let words = "";
  const refused = refusal(() => {
    const { timeZone, expression: written } = convert(schedule, target);
    words = timeZone === schedule.timeZone ? written : `\`${written}\` in ${timeZone}`;
  });
  return refused === "" ? words : `refused: ${refused}`;
}

describe("the pages of the dialects", () => {
  for (const example of examples) {
    const { place, dialect, expression, claim, claimed, instead } = example;
    it(`are right at ${place}: ${JSON.stringify(expression)} in ${dialect}, ${claim}`, () => {
      assert.ok(claimed.length > 2, `${place} claims nothing`);
      const truth = truthOf(example);
      // A message may be cut short where it goes on about something else.
      const part = claimed.endsWith("…") ? `${truth.slice(0, claimed.length - 1)}…` : truth;
      assert.equal(part, claimed, place);
      if (instead !== "")
        assert.equal(
          refusal(() => parseExample(example, instead)),
          "",
          place,
        );
    });
  }

  it("show every dialect, and what each refuses", () => {
    const shown = (claim: Example["claim"]): Set<string> =>
      new Set(examples.filter((each) => each.claim === claim).map(({ dialect }) => dialect));
    const [due, refused] = [shown("next"), shown("refused because")];
    const missing = DIALECT_NAMES.filter((name) => !due.has(name) || !refused.has(name));
    assert.deepEqual(missing, []);
  });
});
