import type { Secret } from "./secret.ts";

/** What a child process is given, beside what to run. */
export interface CommandOptions {
  /** Working folder, relative to the project's. Default: the project's. */
  readonly cwd?: string | undefined;
  /** Variables over the node's own environment. Their values are never stored. */
  readonly env?: Readonly<Record<string, string | Secret>> | undefined;
  /** Text for the standard input. Default: empty. */
  readonly stdin?: string | Secret | undefined;
}

/** A program and its arguments. Made by {@link command}. */
export interface Command extends CommandOptions {
  readonly command: readonly string[];
}

/** A line for a shell. Made by {@link shell}. */
export interface ShellCommand extends CommandOptions {
  readonly shell: string | { readonly line: string; readonly program: string };
}

/**
 * Runs a program. The arguments reach it as they are: no shell reads them. Every user of the host
 * can see them in the list of processes, so they take no secrets: `env` and `stdin` do.
 *
 * @param argv the program, then its arguments.
 */
export function command(argv: readonly string[], options: CommandOptions = {}): Command {
  return { ...options, command: argv };
}

/**
 * Runs a line through a shell. Never build the line from foreign text: pass that by `env`,
 * `stdin` or the payload.
 *
 * @param options `shell`: the program that reads the line. Default: `/bin/sh`.
 */
export function shell(
  line: string,
  options: CommandOptions & { readonly shell?: string } = {},
): ShellCommand {
  const { shell: program, ...rest } = options;
  return { ...rest, shell: program === undefined ? line : { line, program } };
}
