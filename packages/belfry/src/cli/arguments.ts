import { parseArgs } from "node:util";
import { BelfryError } from "../core/errors.ts";
import { closest } from "../define/closest.ts";
import { type Command, type Given, GLOBAL_OPTIONS, type Options } from "./command.ts";

/** What a command line asks for. */
export interface Asked extends Given {
  readonly command: Command | null;
  /** Asked of Belfry itself: its version. */
  readonly version: boolean;
}

const OVERALL: Options = { ...GLOBAL_OPTIONS, version: { help: "the version" } };

/**
 * Reads a command line: global options, a verb, its options and arguments.
 *
 * @throws BelfryError `unknown-verb`, `unknown-option`, `bad-usage`.
 */
export function readArguments(argv: readonly string[], commands: readonly Command[]): Asked {
  const at = verbIndex(argv);
  const name = at === null ? null : (argv[at] ?? null);
  if (at === null || name === null) {
    const given = parse(argv, OVERALL, null);
    return { ...given, command: null, version: given.values["version"] === true };
  }
  if (name === "help") return askForHelp(argv.slice(at + 1), commands);
  const command = findCommand(name, commands);
  const rest = [...argv.slice(0, at), ...argv.slice(at + 1)];
  const given = parse(rest, { ...GLOBAL_OPTIONS, ...command.options }, command);
  if (given.values["help"] !== true) checkPositionals(given.positionals, command);
  return { ...given, command, version: false };
}

/** `belfry help VERB` is what fingers write. */
function askForHelp(rest: readonly string[], commands: readonly Command[]): Asked {
  const [name] = rest;
  const command = name === undefined ? null : findCommand(name, commands);
  return { command, version: false, positionals: [], values: { help: true } };
}

function findCommand(name: string, commands: readonly Command[]): Command {
  const command = commands.find((known) => known.name === name);
  if (command !== undefined) return command;
  const meant = closest(
    name,
    commands.map((known) => known.name),
  );
  const hint = meant === null ? "`belfry --help` lists them." : `Did you mean \`belfry ${meant}\`?`;
  throw new BelfryError("usage", "unknown-verb", `There is no verb ${name}.`, hint);
}

/** Where the verb stands: the first argument that belongs to no global option. */
function verbIndex(argv: readonly string[]): number | null {
  const { tokens } = tokensOf(argv, OVERALL);
  return tokens.find((token) => token.kind === "positional")?.index ?? null;
}

function tokensOf(argv: readonly string[], options: Options) {
  const config = Object.fromEntries(
    Object.entries(options).map(([name, { value, short }]) => {
      const type = value === undefined ? ("boolean" as const) : ("string" as const);
      return [name, short === undefined ? { type } : { type, short }];
    }),
  );
  const args = [...argv];
  return parseArgs({ args, options: config, strict: false, allowPositionals: true, tokens: true });
}

function parse(argv: readonly string[], options: Options, command: Command | null): Given {
  const { tokens } = tokensOf(argv, options);
  const values: Record<string, string | boolean | readonly string[]> = {};
  const several = new Map<string, string[]>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (option === undefined) throw unknownOption(token.rawName, options, command);
    const value = optionValue(option, token, command);
    values[token.name] =
      option.presence === "several" ? collect(several, token.name, String(value)) : value;
  }
  return { values, positionals };
}

function collect(several: Map<string, string[]>, name: string, value: string): readonly string[] {
  const values = [...(several.get(name) ?? []), value];
  several.set(name, values);
  return values;
}

interface OptionToken {
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function optionValue(
  option: Options[string],
  token: OptionToken,
  command: Command | null,
): string | boolean {
  if (option.value === undefined) {
    if (token.value === undefined) return true;
    throw badUsage(`${token.rawName} takes no value.`, command);
  }
  const missing =
    token.value === undefined || (!token.inlineValue && /^--?[a-z]/i.test(token.value));
  if (!missing) return token.value ?? "";
  throw badUsage(`${token.rawName} needs a value: ${token.rawName} ${option.value}.`, command);
}

function checkPositionals(positionals: readonly string[], command: Command): void {
  const missing = command.arguments.filter(
    ({ presence }, index) =>
      presence !== "optional" && presence !== "any" && positionals[index] === undefined,
  );
  const [first] = missing;
  if (first !== undefined) {
    throw badUsage(`${first.name} is missing: ${usageOf(command)}.`, command);
  }
  const open = command.arguments.some(
    ({ presence }) => presence === "several" || presence === "any",
  );
  const surplus = positionals[command.arguments.length];
  if (surplus === undefined || open) return;
  throw badUsage(`${JSON.stringify(surplus)} is one argument too many.`, command);
}

/** `belfry run TASK [options]` */
export function usageOf(command: Command): string {
  const names = command.arguments.map(({ name, presence }) =>
    presence === "optional" || presence === "any" ? `[${name}]` : name,
  );
  return ["belfry", command.name, ...names].join(" ");
}

function unknownOption(rawName: string, options: Options, command: Command | null): BelfryError {
  const meant = closest(
    rawName,
    Object.keys(options).map((name) => `--${name}`),
  );
  const hint = meant === null ? helpHint(command) : `Did you mean ${meant}?`;
  return new BelfryError("usage", "unknown-option", `There is no option ${rawName}.`, hint);
}

function badUsage(message: string, command: Command | null): BelfryError {
  return new BelfryError("usage", "bad-usage", message, helpHint(command));
}

function helpHint(command: Command | null): string {
  return command === null ? "See `belfry --help`." : `See \`belfry ${command.name} --help\`.`;
}
