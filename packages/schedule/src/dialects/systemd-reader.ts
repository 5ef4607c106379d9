import { quote, refuse } from "../errors.ts";
import type { Written } from "../finding.ts";

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

export const EXAMPLE = "write for example Mon..Fri *-*-* 09:00:00";

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

  /** Refuses what comes next. */
  failHere(where: string, hint: string): never {
    const found = this.next === "" ? "the end" : quote(this.next);
    refuse({ text: this.next, position: this.#at }, `unexpected ${found} ${where}`, hint);
  }

  /** What has been read from a place on. */
  #since(position: number): Written {
    return { text: this.#text.slice(position, this.#at), position };
  }

  #weekday(): number {
    const name = /^[a-z]*/i.exec(this.#text.slice(this.#at))?.[0] ?? "";
    const lower = name.toLowerCase();
    const day = NAMES.findIndex((full) => lower === full || lower === full.slice(0, 3));
    if (day < 0) {
      const near = NAMES.find((full) => lower.length > 1 && full.startsWith(lower.slice(0, 2)));
      const hint = near === undefined ? "use Mon to Sun, or a word such as daily" : `write ${near}`;
      refuse({ text: name, position: this.#at }, `${quote(name)} is no weekday`, hint, "name");
    }
    this.#at += name.length;
    return FROM_MONDAY.indexOf(day);
  }

  #refuseBackwards(from: number): never {
    const read = this.#since(from);
    const [first, last] = read.text.split(/\.\.|-/);
    const range = `weekday range ${quote(read.text)}`;
    const problem = `${range} runs backwards: a week goes from Monday to Sunday`;
    refuse(read, problem, `write ${first}..Sun,Mon..${last}`, "range");
  }

  #list(part: Part, fromEnd: boolean): number[] {
    const from = this.#at;
    const values: number[] = [];
    let items = 0;
    do {
      if (++items > MOST_ITEMS) {
        refuse(this.#since(from), `more than ${MOST_ITEMS} items (${part.name})`, EXAMPLE);
      }
      this.#item(part, fromEnd, values);
      if (values.length > MOST_VALUES) {
        refuse(this.#since(from), `too many values (${part.name})`, "use a longer step");
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
      const read = this.#since(from);
      refuse(read, `${part.name} range ${quote(read.text)} runs backwards`, "swap its ends");
    }
    if (range && !stepped && part.unit > 1 && last - first < step) {
      const hint = "add a step, such as /0.1";
      refuse(this.#since(from), "this range is shorter than a second", hint);
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
    refuse(this.#since(from), `${problem} (${part.name})`, hint, "step");
  }

  #value(part: Part): number {
    const value = this.#number(part);
    return part.name === "year" && value < 100 ? value + (value < 70 ? 2000 : 1900) : value;
  }

  #inRange(part: Part, value: number, from: number): number {
    if (value < part.low || value > part.high) {
      const read = this.#since(from);
      const high = Math.floor(part.high / part.unit);
      const hint = `use ${part.low / part.unit} to ${high}`;
      refuse(read, `${part.name} ${read.text} is out of range`, hint, "range");
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
      const place = { text: this.next, position: from };
      refuse(place, `a number is missing (${part.name}), found ${found}`, hint);
    }
    this.#at += text.length;
    const scaled = Number(text) * part.unit;
    const whole = Math.round(scaled);
    if (Math.abs(scaled - whole) > 1e-6 * part.unit && Math.abs(scaled - whole) > 1e-9) {
      const place = { text, position: from };
      refuse(place, `${text} is finer than a millisecond`, "round it", "range");
    }
    return whole;
  }
}
