import { quote, refuse, type ScheduleErrorCode } from "../errors.ts";
import type { SpecialDay } from "../special-days.ts";
import { type Draw, type Field, foreignHint, type Grammar, nameIndex } from "./field.ts";
import { readSpecialDay } from "./special-day-reader.ts";

const SPACE = 32;
const TAB = 9;
const STAR = 42;
const COMMA = 44;
const DASH = 45;
const SLASH = 47;
const QUESTION = 63;
const PLAIN = /^\d[\d/-]*$/;
const TILDE = 126;

/**
 * Reads lists of numbers, names, ranges and steps, field by field. A field's set is left in `low`
 * (values 0 to 29) and `high` (30 to 59), which saves an object for each; years in `years`.
 */
export class FieldReader {
  low = 0;
  high = 0;
  /** Of all fields read so far; `null` while there are none, which saves an object. */
  specialDays: SpecialDay[] | null = null;
  years: Set<number> | null = null;
  readonly #text: string;
  readonly #end: number;
  readonly #grammar: Grammar;
  readonly #draw: Draw | null;
  #at: number;
  #open = false;
  #specialItems = 0;

  /** Reads `text` from `at` to `end`. Without `draw` there are no random ranges. */
  constructor(
    text: string,
    grammar: Grammar,
    draw: Draw | null,
    at = 0,
    end: number = text.length,
  ) {
    // Also the newline that a block of YAML ends with.
    while (end > 0 && text.charCodeAt(end - 1) <= SPACE) end--;
    this.#text = text;
    this.#end = end;
    this.#grammar = grammar;
    this.#draw = draw;
    this.#at = at;
  }

  /** Skips blanks; answers the place of the next field, or the end of the text. */
  seek(): number {
    while (this.#at < this.#end && isBlank(this.#text.charCodeAt(this.#at))) this.#at++;
    return this.#at;
  }

  get ended(): boolean {
    return this.seek() >= this.#end;
  }

  /** Reads one field; answers whether it is open, as the grammar means it. */
  read(field: Field): boolean {
    this.low = 0;
    this.high = 0;
    const from = this.seek();
    const star = this.#text.charCodeAt(from) === STAR;
    this.#specialItems = 0;
    this.#open = this.#grammar.open === "star" && star;
    for (let items = 1; ; items++) {
      this.#readItem(field);
      const next = this.#peek();
      if (next !== COMMA) {
        if (next !== -1 && !isBlank(next)) this.#refuse(field, this.#at);
        if (items > 1 && this.#specialItems > 0) this.#checkSpecialList(field, from, items);
        return this.#open;
      }
      this.#at++;
    }
  }

  #readItem(field: Field): void {
    const from = this.#at;
    const first = this.#peek();
    const question = first === QUESTION && field.question === true;
    const whole = first === STAR || question;
    if (!whole && field.special !== undefined && this.#readSpecial(field, field.special)) return;
    let low = field.low;
    let high = field.high;
    if (whole) this.#at++;
    else if (first !== TILDE) {
      low = this.#value(field);
      high = low;
    }
    const next = this.#peek();
    if (next === TILDE) {
      if (whole) this.#refuse(field, this.#at);
      low = this.#random(field, low, from);
      high = low;
    } else if (!whole && next === DASH) high = this.#rangeEnd(field, low, from);
    let step = 1;
    const stepped = this.#peek() === SLASH;
    if (stepped) {
      step = this.#step(field, low, high, from);
      if (low === high && next !== DASH && this.#grammar.stepsToEnd) high = field.high;
    }
    const { open } = this.#grammar;
    if (open === "question" && question) this.#open = true;
    else if (open === "full" && whole && step === 1) this.#open = true;
    else if (open === "moving" && (whole || stepped || next === DASH)) this.#open = true;
    // Of years only a choice is kept: a set of all of them is the same for everybody.
    if (field.high > 59 && whole && step === 1) return;
    this.#add(field, low, high, step);
  }

  /** A range that runs backwards goes round. */
  #add(field: Field, low: number, high: number, step: number): void {
    const round = field.high - field.low + 1;
    const end = high < low ? high + round : high;
    for (let next = low; next <= end; next += step) {
      const value = next > field.high ? next - round : next;
      if (field.high > 59) {
        if (this.years === null) this.years = new Set();
        this.years.add(value);
      } else if (value < 30) this.low |= 1 << value;
      else this.high |= 1 << (value - 30);
    }
  }

  #readSpecial(field: Field, forms: readonly string[]): boolean {
    const end = this.#itemEnd();
    const text = this.#text.slice(this.#at, end);
    if (PLAIN.test(text)) return false;
    const special = readSpecialDay(text, field, forms);
    // The last day of each week is no special day.
    const lastOfWeek = field.high === 7 && text.toUpperCase() === "L";
    if (special === null && !lastOfWeek) return false;
    this.#at = end;
    this.#specialItems++;
    if (special === null) this.#add(field, field.high, field.high, 1);
    else if (this.specialDays === null) this.specialDays = [special];
    else this.specialDays.push(special);
    return true;
  }

  /**
   * Of all special items only those like `15W` may stand in a list, with others like them; Quartz
   * takes the earliest of them and forgets the others, and so do we.
   */
  #checkSpecialList(field: Field, from: number, items: number): void {
    const nearest = this.specialDays?.filter((special) => special.kind === "nearest") ?? [];
    if (nearest.length === items) {
      this.specialDays = nearest.sort((a, b) => a.day - b.day).slice(0, 1);
      return;
    }
    this.#fail(
      from,
      this.#at,
      `L, W and # stand alone in the ${field.name} field`,
      "leave out the rest of the list",
    );
  }

  #rangeEnd(field: Field, low: number, from: number): number {
    this.#at++;
    const highFrom = this.#at;
    const high = this.#value(field);
    if (low <= high || (this.#grammar.wraps && field.high <= 59)) return high;
    // Sunday ends a week as well as it begins one: fri-sun.
    if (high === 0 && field.high === 7) return 7;
    const text = this.#text;
    const last =
      field.names.length > 0 && !isDigit(text.charCodeAt(from)) ? field.names.at(-1) : null;
    const begin =
      field.names.length > 0 && !isDigit(text.charCodeAt(highFrom)) ? field.names[0] : null;
    const head = `${text.slice(from, highFrom)}${last ?? (field.high === 7 ? 6 : field.high)}`;
    const tail =
      high === field.low
        ? text.slice(highFrom, this.#at)
        : `${begin ?? field.low}-${text.slice(highFrom, this.#at)}`;
    this.#fail(
      from,
      this.#at,
      `${field.name} range ${this.#quote(from, this.#at)} runs backwards`,
      `write ${head},${tail}`,
      "range",
    );
  }

  /** A value drawn from a range such as `6~15`, whose ends may be left out; it takes no step. */
  #random(field: Field, low: number, from: number): number {
    if (this.#draw === null) this.#refuse(field, this.#at);
    this.#at++;
    const next = this.#peek();
    const open = next === -1 || next === COMMA || isBlank(next);
    const high = open ? field.high : this.#value(field);
    if (low > high) {
      this.#fail(
        from,
        this.#at,
        `${field.name} range ${this.#quote(from, this.#at)} runs backwards`,
        "put the smaller number first",
        "range",
      );
    }
    if (this.#peek() === SLASH) {
      this.#fail(
        from,
        this.#itemEnd(),
        `a random range takes no step (${field.name})`,
        "leave out the step",
        "step",
      );
    }
    return low + Math.floor(this.#draw(from) * (high - low + 1));
  }

  #step(field: Field, low: number, high: number, from: number): number {
    this.#at++;
    const stepFrom = this.#at;
    const step = this.#digits();
    const item = this.#quote(from, this.#itemEnd());
    if (step === null || this.#at !== this.#itemEnd()) {
      this.#fail(
        stepFrom,
        this.#itemEnd(),
        `the step of ${item} is not a number (${field.name})`,
        `write for example */${Math.min(5, field.high)}`,
        "step",
      );
    }
    if (step === 0) {
      this.#fail(
        stepFrom,
        this.#at,
        `the step of ${item} is 0 (${field.name})`,
        "write 1 or more",
        "step",
      );
    }
    if (this.#grammar.boundsSteps && step > field.high) {
      this.#fail(
        stepFrom,
        this.#at,
        `the step of ${item} is longer than the ${field.name} field`,
        `write ${field.high} or less`,
        "step",
      );
    }
    const single = low === high && !isWhole(this.#text.charCodeAt(from));
    if (single && !this.#grammar.stepsToEnd && !this.#text.slice(from, stepFrom).includes("-")) {
      const start = this.#text.slice(from, stepFrom - 1);
      const end = field.names.length === 0 || field.high === 12 ? field.high : 6;
      this.#fail(
        from,
        this.#at,
        `${item} needs a range (${field.name})`,
        `write ${start}-${end}/${step}`,
        "step",
      );
    }
    return step;
  }

  #value(field: Field): number {
    const from = this.#at;
    const number = this.#digits();
    if (number !== null && !isLetter(this.#peek())) {
      if (number >= field.low && number <= field.high) return number;
      this.#fail(
        from,
        this.#at,
        `${field.name} ${this.#quote(from, this.#at)} is out of range`,
        `write ${field.low} to ${field.high}`,
        "range",
      );
    }
    if (number !== null || !isLetter(this.#peek()) || field.names.length === 0) {
      this.#refuse(field, from);
    }
    while (isLetter(this.#peek())) this.#at++;
    const index = nameIndex(field, this.#text.slice(from, this.#at));
    if (index >= 0) return field.low + index;
    this.#fail(
      from,
      this.#at,
      `${this.#quote(from, this.#at)} is no ${field.name}`,
      `use ${field.names[0]} to ${field.names.at(-1)}, or ${field.low} to ${field.high}`,
      "name",
    );
  }

  /** The number that stands here, or `null`. */
  #digits(): number | null {
    const from = this.#at;
    let number = 0;
    for (;;) {
      const digit = this.#peek() - 48;
      if (!(digit >= 0 && digit <= 9)) break;
      number = Math.min(number * 10 + digit, 1e9);
      this.#at++;
    }
    return this.#at === from ? null : number;
  }

  #peek(): number {
    return this.#at < this.#end ? this.#text.charCodeAt(this.#at) : -1;
  }

  #itemEnd(): number {
    let end = this.#at;
    while (end < this.#end) {
      const code = this.#text.charCodeAt(end);
      if (code === COMMA || isBlank(code)) break;
      end++;
    }
    return end;
  }

  #quote(from: number, to: number): string {
    return quote(this.#text.slice(from, to));
  }

  /** Something stands here that is no part of a field. */
  #refuse(field: Field, from: number): never {
    this.#at = from;
    const to = Math.max(this.#itemEnd(), Math.min(from + 1, this.#end));
    const text = this.#text.slice(from, to);
    if (text === "" || text === ",") {
      this.#fail(
        from,
        to,
        `the list of the ${field.name} field has an empty place`,
        "write a value between the commas, and no blanks",
      );
    }
    this.#fail(
      from,
      to,
      `${quote(text)} means nothing in the ${field.name} field`,
      foreignHint(text, field),
    );
  }

  #fail(from: number, to: number, problem: string, hint: string, code?: ScheduleErrorCode): never {
    refuse({ text: this.#text.slice(from, to), position: from }, problem, hint, code);
  }
}

function isWhole(code: number): boolean {
  return code === STAR || code === QUESTION;
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isLetter(code: number): boolean {
  return (code | 32) >= 97 && (code | 32) <= 122;
}
