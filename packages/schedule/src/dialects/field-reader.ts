import { quote, ScheduleError, type ScheduleErrorCode } from "../errors.ts";

/** One field of a cron-like expression. */
export interface Field {
  readonly name: string;
  readonly low: number;
  readonly high: number;
  /** Names of the values from `low` on, in lower case. */
  readonly names: readonly string[];
}

const SPACE = 32;
const TAB = 9;
const STAR = 42;
const COMMA = 44;
const DASH = 45;
const SLASH = 47;
const TILDE = 126;

/**
 * Reads lists of numbers, names, ranges and steps, field by field. A field's set is left in `low`
 * (values 0 to 29) and `high` (30 to 59), which saves an object for each.
 */
export class FieldReader {
  low = 0;
  high = 0;
  readonly #text: string;
  readonly #end: number;
  readonly #draw: (place: number) => number;
  #at = 0;

  /** `draw` answers a number in [0, 1) for the random range that stands at a place in the text. */
  constructor(text: string, draw: (place: number) => number) {
    let end = text.length;
    // Also the newline that a block of YAML ends with.
    while (end > 0 && text.charCodeAt(end - 1) <= SPACE) end--;
    this.#text = text;
    this.#end = end;
    this.#draw = draw;
  }

  /** Skips blanks; answers the place of the next field, or the end of the text. */
  seek(): number {
    while (this.#at < this.#end && isBlank(this.#text.charCodeAt(this.#at))) this.#at++;
    return this.#at;
  }

  get ended(): boolean {
    return this.seek() >= this.#end;
  }

  /** Reads one field; answers whether it begins with a star. */
  read(field: Field): boolean {
    this.low = 0;
    this.high = 0;
    const star = this.#text.charCodeAt(this.seek()) === STAR;
    for (;;) {
      this.#readItem(field);
      const next = this.#peek();
      if (next !== COMMA) {
        if (next !== -1 && !isBlank(next)) this.#refuse(field, this.#at);
        return star;
      }
      this.#at++;
    }
  }

  #readItem(field: Field): void {
    const from = this.#at;
    const first = this.#peek();
    let low = field.low;
    let high = field.high;
    if (first === STAR) this.#at++;
    else if (first !== TILDE) {
      low = this.#value(field);
      high = low;
    }
    if (this.#peek() === TILDE) {
      if (first === STAR) this.#refuse(field, this.#at);
      low = this.#random(field, low, from);
      high = low;
    } else if (first !== STAR && this.#peek() === DASH) high = this.#rangeEnd(field, low, from);
    const step = this.#peek() === SLASH ? this.#step(field, low, high, from) : 1;
    for (let value = low; value <= high; value += step) {
      if (value < 30) this.low |= 1 << value;
      else this.high |= 1 << (value - 30);
    }
  }

  #rangeEnd(field: Field, low: number, from: number): number {
    this.#at++;
    const highFrom = this.#at;
    const high = this.#value(field);
    if (low <= high) return high;
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
      "range",
      from,
      this.#at,
      `${field.name} range ${this.#quote(from, this.#at)} runs backwards`,
      `write ${head},${tail}`,
    );
  }

  /** A value drawn from a range such as `6~15`, whose ends may be left out; it takes no step. */
  #random(field: Field, low: number, from: number): number {
    this.#at++;
    const next = this.#peek();
    const open = next === -1 || next === COMMA || isBlank(next);
    const high = open ? field.high : this.#value(field);
    if (low > high) {
      this.#fail(
        "range",
        from,
        this.#at,
        `${field.name} range ${this.#quote(from, this.#at)} runs backwards`,
        "put the smaller number first",
      );
    }
    if (this.#peek() === SLASH) {
      this.#fail(
        "step",
        from,
        this.#itemEnd(),
        `a random range takes no step (${field.name})`,
        "leave out the step",
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
        "step",
        stepFrom,
        this.#itemEnd(),
        `the step of ${item} is not a number (${field.name})`,
        `write for example */${Math.min(5, field.high)}`,
      );
    }
    if (step === 0) {
      this.#fail(
        "step",
        stepFrom,
        this.#at,
        `the step of ${item} is 0 (${field.name})`,
        "write 1 or more",
      );
    }
    const single = low === high && this.#text.charCodeAt(from) !== STAR;
    if (single && !this.#text.slice(from, stepFrom).includes("-")) {
      const start = this.#text.slice(from, stepFrom - 1);
      const end = field.names.length === 0 || field.high === 12 ? field.high : 6;
      this.#fail(
        "step",
        from,
        this.#at,
        `${item} needs a range (${field.name})`,
        `write ${start}-${end}/${step}`,
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
        "range",
        from,
        this.#at,
        `${field.name} ${this.#quote(from, this.#at)} is out of range`,
        `write ${field.low} to ${field.high}`,
      );
    }
    if (number !== null || !isLetter(this.#peek()) || field.names.length === 0) {
      this.#refuse(field, from);
    }
    while (isLetter(this.#peek())) this.#at++;
    const index = field.names.indexOf(this.#text.slice(from, this.#at).toLowerCase());
    if (index >= 0) return field.low + index;
    this.#fail(
      "name",
      from,
      this.#at,
      `${this.#quote(from, this.#at)} is no ${field.name}`,
      `use ${field.names[0]} to ${field.names.at(-1)}, or ${field.low} to ${field.high}`,
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
        "syntax",
        from,
        to,
        `the list of the ${field.name} field has an empty place`,
        "write a value between the commas, and no blanks",
      );
    }
    this.#fail(
      "syntax",
      from,
      to,
      `${quote(text)} means nothing in the ${field.name} field`,
      foreignHint(text, field),
    );
  }

  #fail(code: ScheduleErrorCode, from: number, to: number, problem: string, hint: string): never {
    throw new ScheduleError(code, problem, { position: from, length: to - from, hint });
  }
}

function foreignHint(text: string, field: Field): string {
  if (text.startsWith("?")) return "write *";
  if (/[lw#]/i.test(text) && field.low === 1 && field.high === 31)
    return "this dialect has no L and no W";
  if (/^\d?[l#]/i.test(text)) return "this dialect has no L and no #";
  const names = field.names.length > 0 ? `, ${field.names[0]} to ${field.names.at(-1)}` : "";
  return `use * , - / and ${field.low} to ${field.high}${names}`;
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
