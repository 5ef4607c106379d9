/** A workflow command of GitHub Actions that marks a place in the sources. */
export interface Annotation {
  readonly level: "warning" | "error";
  /** From the root of the repository; null: it is about no file. */
  readonly file: string | null;
  readonly line: number | null;
  readonly title: string;
  readonly message: string;
}

/**
 * As its own toolkit writes it: `%` and line ends are escaped everywhere, `:` and `,` in properties
 * too, so that no name or message can be taken for another command.
 */
export function annotation({ level, file, line, title, message }: Annotation): string {
  const properties = [
    ...(file === null ? [] : [`file=${property(file)}`]),
    ...(file === null || line === null ? [] : [`line=${line}`]),
    `title=${property(title)}`,
  ];
  return `::${level} ${properties.join(",")}::${data(message)}`;
}

function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
