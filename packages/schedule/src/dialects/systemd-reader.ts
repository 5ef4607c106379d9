import { quote, ScheduleError, type ScheduleErrorCode } from "../errors.ts";

/** A part of a calendar specification; values are whole, or thousandths where there are fractions. */
export interface Part {
  readonly name: string;
  readonly low: number;
  readonly high: number;
  /** What one of the text is in values: 1000 for seconds. */
  readonly unit: number;
}

const NAMES = "sunday monday tuesday wednesday thursday friday saturday".split(" ");
/** systemd knows a week from Monday to Sunday, so that `Fri..Sun` is a range and `Sun..Tue` none. */
const FROM_MONDAY = [1, 2, 3, 4, 5, 6, 0];
/** systemd's own limit on the items of a part. */
const MOST_ITEMS = 240;
/** More values of seconds than a hundredth of a second apart make little sense. */
const MOST_VALUES = 6000;

/** Reads the parts of one calendar specification, from left to right. */
export class SystemdReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get at(): number {
    return this.#at;
  }

  /** The next character, or nothing at the end. */
  get next(): string {
    return this.#text.charAt(this.#at);
  }

  /** What goes up to the next blank. */
  get word(): string {
    return /^\S*/.exec(this.#text.slice(this.#at))?.[0] ?? "";
  }

  /** Passes one of these characters; answers which, or nothing. */
  pass(characters: string): string {
    const next = this.next;
    if (next === "" || !characters.includes(next)) return "";
    this.#at++;
    return next;
  }

  skipBlanks(): void {
    while (this.next === " ") this.#at++;
  }

  /** The weekdays as bits, bit 0 for Sunday; all of them where none are named. */
  weekdays(): number {
    if (!/[a-z]/i.test(this.next)) return 0x7f;
    let bits = 0;
    for (;;) {
      const from = this.#at;
      const first = this.#weekday();
      let last = first;
      const range = /^(\.\.|-)/.exec(this.#text.slice(this.#at))?.[0] ?? "";
      if (range !== "") {
        this.#at += range.length;
        last = this.#weekday();
        if (last < first) this.#refuseBackwards(from);
      }
      for (let day = first; day <= last; day++) bits |= 1 << (FROM_MONDAY[day] ?? 0);
      const comma = this.pass(",") !== "";
      if (this.next === "" || this.next === " ") break;
      if (!comma) this.failHere("among the weekdays", "write for example Mon..Fri or Mon,Wed");
    }
    this.skipBlanks();
    return bits;
  }

  /** The sorted values of a list of numbers, ranges and repetitions; `null` for a star. */
  values(part: Part): number[] | null {
    if (this.pass("*") !== "") return null;
    return this.#list(part, false);
  }

  /** As `values`, but counted from the end of the month, 1 for its last day. */
  valuesFromEnd(part: Part): number[] | null {
    if (this.pass("*") !== "") return null;
    return this.#list(part, true);
  }

  fail(
    problem: string,
    position: number,
    length: number,
    hint = "write for example Mon..Fri *-*-* 09:00:00",
    code: ScheduleErrorCode = "syntax",
  ): never {
    throw new ScheduleError(code, problem, { position, length, hint });
  }

  /** Refuses what comes next. */
  failHere(where: string, hint: string): never {
    const found = this.next === "" ? "the end" : quote(this.next);
    return this.fail(`unexpected ${found} ${where}`, this.#at, Math.min(1, this.next.length), hint);
  }

  #weekday(): number {
    const name = /^[a-z]*/i.exec(this.#text.slice(this.#at))?.[0] ?? "";
    const lower = name.toLowerCase();
    const day = NAMES.findIndex((full) => lower === full || lower === full.slice(0, 3));
    if (day < 0) {
      const near = NAMES.find((full) => lower.length > 1 && full.startsWith(lower.slice(0, 2)));
      const hint = near === undefined ? "use Mon to Sun, or a word such as daily" : `write ${near}`;
      this.fail(`${quote(name)} is no weekday`, this.#at, name.length, hint, "name");
    }
    this.#at += name.length;
    return FROM_MONDAY.indexOf(day);
  }

  #refuseBackwards(from: number): never {
    const text = this.#text.slice(from, this.#at);
    const [first, last] = text.split(/\.\.|-/);
    this.fail(
      `weekday range ${quote(text)} runs backwards: a week goes from Monday to Sunday`,
      from,
      text.length,
      `write ${first}..Sun,Mon..${last}`,
      "range",
    );
  }

  #list(part: Part, fromEnd: boolean): number[] {
    const from = this.#at;
    const values: number[] = [];
    let items = 0;
    do {
      if (++items > MOST_ITEMS) {
        this.fail(`more than ${MOST_ITEMS} items (${part.name})`, from, this.#at - from);
      }
      this.#item(part, fromEnd, values);
      if (values.length > MOST_VALUES) {
        this.fail(`too many values (${part.name})`, from, this.#at - from, "use a longer step");
      }
    } while (this.pass(",") !== "");
    return [...new Set(values)].sort((a, b) => a - b);
  }

  /** An item with a step and no `..` goes on to the end of the part, or of the month. */
  #item(part: Part, fromEnd: boolean, values: number[]): void {
    const from = this.#at;
    const first = this.#inRange(part, this.#value(part), from);
    const lastAt = this.#at + 2;
    let last = first;
    const range = this.#text.startsWith("..", this.#at);
    if (range) {
      this.#at = lastAt;
      last = this.#value(part);
    }
    const stepAt = this.#at;
    const stepped = this.pass("/") !== "";
    const step = stepped ? this.#number(part) : part.unit;
    if (step === 0) this.#refuseStep(part, stepAt, "a step of 0 goes nowhere");
    if (last < first) {
      const text = this.#text.slice(from, this.#at);
      this.fail(
        `${part.name} range ${quote(text)} runs backwards`,
        from,
        text.length,
        "swap its ends",
      );
    }
    if (range && !stepped && part.unit > 1 && last - first < step) {
      const hint = "add a step, such as /0.1";
      this.fail("this range is shorter than a second", from, this.#at - from, hint);
    }
    // Where steps do not reach the end of a range, systemd does not mind what it is.
    if (range) last = this.#inRange(part, last - ((last - first) % step), lastAt);
    // An open end is the end of the month, which is day 1 where days are counted from there.
    const forwards = range || !fromEnd;
    const room = forwards ? (range ? last : part.high) - first : first - part.low;
    if (stepped && !range && room < step) {
      this.#refuseStep(part, stepAt, "the step goes beyond the end at once");
    }
    const most = MOST_VALUES - values.length;
    const steps = range || stepped ? Math.floor(room / step) : 0;
    for (let index = 0; index <= Math.min(steps, most); index++) {
      values.push(first + index * (forwards ? step : -step));
    }
  }

  #refuseStep(part: Part, from: number, problem: string): never {
    const hint = "leave out the step, or write a smaller one";
    this.fail(`${problem} (${part.name})`, from, this.#at - from, hint, "step");
  }

  #value(part: Part): number {
    const value = this.#number(part);
    return part.name === "year" && value < 100 ? value + (value < 70 ? 2000 : 1900) : value;
  }

  #inRange(part: Part, value: number, from: number): number {
    if (value < part.low || value > part.high) {
      const text = this.#text.slice(from, this.#at);
      const high = Math.floor(part.high / part.unit);
      const hint = `use ${part.low / part.unit} to ${high}`;
      this.fail(`${part.name} ${text} is out of range`, from, text.length, hint, "range");
    }
    return value;
  }

  #number(part: Part): number {
    const from = this.#at;
    const pattern = part.unit > 1 ? /\d+(?:\.(?!\.)\d*)?/y : /\d+/y;
    pattern.lastIndex = from;
    const text = pattern.exec(this.#text)?.[0];
    if (text === undefined || text.endsWith(".")) {
      const found = this.next === "" ? "the end" : quote(this.next);
      const hint = "use *, numbers, lists 1,2, ranges 1..5 and steps 0/15";
      const { length } = this.next;
      this.fail(`a number is missing (${part.name}), found ${found}`, from, length, hint);
    }
    this.#at += text.length;
    const scaled = Number(text) * part.unit;
    const whole = Math.round(scaled);
    if (Math.abs(scaled - whole) > 1e-6 * part.unit && Math.abs(scaled - whole) > 1e-9) {
      this.fail(`${text} is finer than a millisecond`, from, text.length, "round it", "range");
    }
    return whole;
  }
}
