import { usageOf } from "./arguments.ts";
import { type Command, GLOBAL_OPTIONS, type Options } from "./command.ts";
import type { Style } from "./terminal/style.ts";
import { wrap } from "./terminal/width.ts";

/** Verbs in the order of a first day, under the question that they answer. */
export interface Chapter {
  readonly title: string;
  readonly commands: readonly Command[];
}

const WIDEST = 100;

/** What `belfry --help` says. */
export function overview(chapters: readonly Chapter[], style: Style): string {
  const room = Math.max(
    ...chapters.flatMap(({ commands }) => commands.map((command) => headOf(command).length)),
  );
  const sections = chapters.map(({ title, commands }) => [
    style.bold(title),
    ...commands.map((command) => `  ${headOf(command).padEnd(room)}  ${command.summary}`),
    "",
  ]);
  return [
    "Scheduled tasks for production: each once, on time, on whatever machine is alive.",
    "",
    `${style.bold("Usage")}  belfry VERB [options]`,
    "",
    ...sections.flat(),
    style.bold("Options of all verbs"),
    ...optionLines(GLOBAL_OPTIONS),
    "",
    "`belfry VERB --help` tells all of a verb. A RUN is the beginning of its id, TASK@latest or",
    "TASK@2026-11-24T02:30Z.",
  ].join("\n");
}

/** What `belfry VERB --help` says. */
export function helpOf(command: Command, style: Style): string {
  const own = Object.keys(command.options).length > 0;
  const exampleRoom = Math.max(0, ...command.examples.map(([line]) => line.length));
  return [
    ...wrap(`${command.summary}.`, WIDEST),
    ...command.details.flatMap((text) => ["", ...wrap(text, WIDEST)]),
    "",
    `${style.bold("Usage")}  ${usageOf(command)}${own ? " [options]" : ""}`,
    "",
    ...(own ? [style.bold("Options"), ...optionLines(command.options), ""] : []),
    style.bold("Options of all verbs"),
    ...optionLines(GLOBAL_OPTIONS),
    ...(command.examples.length === 0 ? [] : ["", style.bold("Examples")]),
    ...command.examples.map(
      ([line, meaning]) => `  ${line.padEnd(exampleRoom)}  ${style.dim(meaning)}`,
    ),
  ].join("\n");
}

function headOf(command: Command): string {
  return usageOf(command).slice("belfry ".length);
}

function optionLines(options: Options): string[] {
  const heads = Object.entries(options).map(([name, { value, short, help }]) => {
    const dashed = name.length === 1 ? `-${name}` : `--${name}`;
    const names = short === undefined || short === name ? dashed : `-${short}, ${dashed}`;
    return { head: value === undefined ? names : `${names} ${value}`, help };
  });
  const room = Math.max(...heads.map(({ head }) => head.length));
  return heads.map(({ head, help }) => `  ${head.padEnd(room)}  ${help}`);
}
