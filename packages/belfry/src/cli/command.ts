import type { Session } from "./session.ts";

/**
 * One option of a verb. `value` is what help calls its value; without it, it is a switch. One that
 * may be given several times keeps all its values, else the last counts.
 */
interface Option {
  readonly value?: string;
  readonly presence?: "several";
  readonly short?: string;
  readonly help: string;
}

export type Options = Readonly<Record<string, Option>>;

/** A positional argument. */
interface Argument {
  readonly name: string;
  /** `several`: one or more; `any`: or none. */
  readonly presence: "required" | "optional" | "several" | "any";
}

/** A verb as the table holds it: what help says of it, and how it is carried out. */
export interface Command {
  readonly name: string;
  /** What it does, in one line. */
  readonly summary: string;
  /** Sentences beneath, for what the options alone do not tell. */
  readonly details: readonly string[];
  readonly arguments: readonly Argument[];
  readonly options: Options;
  readonly examples: readonly (readonly [line: string, meaning: string])[];
  /** @returns the exit code. */
  run(session: Session, given: Given): Promise<number>;
}

/** What was given to a verb. */
export interface Given {
  readonly positionals: readonly string[];
  readonly values: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
}

type Valued<O extends Options> = {
  [Name in keyof O]: O[Name] extends { readonly value: string } ? Name : never;
}[keyof O] &
  string;

/** What was given to a verb whose options are known: it can be asked for those only. */
export class Call<O extends Options> {
  readonly positionals: readonly string[];
  readonly #values: Given["values"];

  constructor(given: Given) {
    this.positionals = given.positionals;
    this.#values = given.values;
  }

  /** A required positional argument: the parser has seen that it is there. */
  argument(index: number): string {
    return this.positionals[index] ?? "";
  }

  value(name: Valued<O>): string | null {
    const value = this.#values[name];
    return typeof value === "string" ? value : null;
  }

  /** All values of an option that may be given several times. */
  all(name: Valued<O>): readonly string[] {
    const values = this.#values[name];
    return typeof values === "object" ? values : [];
  }

  has(name: Exclude<keyof O & string, Valued<O>>): boolean {
    return this.#values[name] === true;
  }
}

export interface CommandSpec<O extends Options> {
  readonly name: string;
  readonly summary: string;
  readonly details?: readonly string[];
  readonly arguments?: readonly Argument[];
  readonly options: O;
  readonly examples?: Command["examples"];
  run(session: Session, call: Call<O>): Promise<number>;
}

/** Declares a verb; its handler can ask for the declared options only. */
export function defineCommand<const O extends Options>(spec: CommandSpec<O>): Command {
  return {
    details: [],
    arguments: [],
    examples: [],
    ...spec,
    run: (session, given) => spec.run(session, new Call<O>(given)),
  };
}

export const GLOBAL_OPTIONS: Options = {
  config: { value: "FILE", help: "configuration, else looked for upward from here" },
  store: { value: "URL", help: "where the state is, such as sqlite:.belfry/belfry.db" },
  json: { help: "print one JSON document" },
  quiet: { help: "say nothing beside the answer" },
  "no-color": { help: "no colours" },
  help: { short: "h", help: "this text" },
};
