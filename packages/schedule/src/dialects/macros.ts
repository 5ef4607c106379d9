import { quote, refuse } from "../errors.ts";

/** The names that Vixie cron gave to some expressions, and others took over. */
export const MACROS: ReadonlyMap<string, string> = new Map([
  ["@yearly", "0 0 1 1 *"],
  ["@annually", "0 0 1 1 *"],
  ["@monthly", "0 0 1 * *"],
  ["@weekly", "0 0 * * 0"],
  ["@daily", "0 0 * * *"],
  ["@midnight", "0 0 * * *"],
  ["@hourly", "0 * * * *"],
]);

/** @param position where the name stands. */
export function unknownMacro(name: string, position: number): never {
  const lower = name.toLowerCase();
  const hint = MACROS.has(lower) ? `write ${lower}` : `use one of ${[...MACROS.keys()].join(" ")}`;
  refuse({ text: name, position }, `unknown macro ${quote(name)}`, hint);
}
