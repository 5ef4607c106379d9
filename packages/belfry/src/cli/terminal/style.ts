import { styleText } from "node:util";

type Look = Parameters<typeof styleText>[0];

/** Dresses text where colours are wanted, and leaves it as it is where they are not. */
export class Style {
  readonly colours: boolean;

  constructor(colours: boolean) {
    this.colours = colours;
  }

  bold(text: string): string {
    return this.#dress("bold", text);
  }

  dim(text: string): string {
    return this.#dress("dim", text);
  }

  good(text: string): string {
    return this.#dress("green", text);
  }

  bad(text: string): string {
    return this.#dress("red", text);
  }

  doubtful(text: string): string {
    return this.#dress("yellow", text);
  }

  underWay(text: string): string {
    return this.#dress("cyan", text);
  }

  #dress(look: Look, text: string): string {
    // Whether the stream takes colours was decided before: the process's own is not asked.
    return this.colours ? styleText(look, text, { validateStream: false }) : text;
  }
}

interface ColourQuestion {
  readonly isTTY: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly refused: boolean;
}

/** As everybody does it: the flag, then `NO_COLOR`, then `FORCE_COLOR`, then what the stream is. */
export function wantsColours({ isTTY, env, refused }: ColourQuestion): boolean {
  if (refused) return false;
  const force = env["FORCE_COLOR"];
  if (isSet(env["NO_COLOR"])) return false;
  if (force !== undefined) return force !== "0" && force !== "false";
  return isTTY && env["TERM"] !== "dumb";
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "";
}
