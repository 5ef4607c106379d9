import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, extname, join, relative } from "node:path";

/** What is wrong with a module that could not be imported, in words of ours, and what to do. */
export interface Advice {
  readonly message: string;
  /** Null where the message says it all. */
  readonly hint: string | null;
  /** The file it is in, where the error says so. */
  readonly file: string | null;
  /** Text of the line it is on, where only that is known. */
  readonly mark: string | null;
}

const TSX =
  'or run Belfry under tsx: npm install --save-dev tsx, then NODE_OPTIONS="--import tsx" belfry up';

/** By the names that Node.js has for what it cannot strip. */
const ERASABLE: Readonly<Record<string, readonly [construct: string, instead: string]>> = {
  enum: ["an enum", "write an object `as const`"],
  "parameter property": ["a parameter property", "assign it in the constructor's body"],
  "namespace declaration": ["a namespace", "make it a module of its own"],
  "import equals declaration": ["import … = require(…)", "write import … from"],
  "export assignment": ["export = …", "write export default"],
};

/**
 * Explains what Node.js does not do with TypeScript by itself, which other tools do: it strips
 * types, transforms nothing, adds no extension and reads no tsconfig.json. Null: it is none of that. A module that is missing altogether is only placed.
 *
 * @param line the malformed line, where a syntax error's place is known.
 */
export function adviceOn(error: Error, line: string | null): Advice | null {
  const code = "code" in error ? String(error.code) : "";
  switch (code) {
    case "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX":
      return unstrippable(error.message);
    case "ERR_UNKNOWN_FILE_EXTENSION":
      return unknownExtension(error.message);
    case "ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING":
      return advice(
        "Node.js runs no TypeScript of installed packages",
        `install it compiled, ${TSX}`,
      );
    case "ERR_UNSUPPORTED_DIR_IMPORT":
    case "ERR_MODULE_NOT_FOUND":
      return notFound(error.message);
  }
  if (!(error instanceof SyntaxError)) return null;
  if (line?.trimStart().startsWith("@"))
    return transformed("a decorator", "wrap what it decorates");
  const [, name] = /does not provide an export named '(.+)'$/.exec(error.message) ?? [];
  if (name === undefined || !/\.m?ts'/.test(error.message)) return null;
  return advice(`syntax error: ${error.message}`, `if ${name} is a type, write import type`);
}

function unstrippable(message: string): Advice {
  const [, name = ""] = /^TypeScript (.+) is not supported in strip-only mode/.exec(message) ?? [];
  const [construct, instead] = ERASABLE[name] ?? [];
  if (construct !== undefined && instead !== undefined) return transformed(construct, instead);
  if (/angle-bracket/.test(message)) return transformed("a type assertion <T>x", "write x as T");
  return advice(firstLine(message), `write what can be erased, ${TSX}`);
}

/** What would have to be turned into other JavaScript. */
function transformed(construct: string, instead: string): Advice {
  const message = `${construct} has to be transformed, and Node.js only strips types`;
  return advice(message, `${instead}, ${TSX}`);
}

function unknownExtension(message: string): Advice | null {
  const [, extension, file = null] =
    /Unknown file extension "(\.[jt]sx)" for (.+)$/.exec(message) ?? [];
  if (extension === undefined) return null;
  const said = `JSX (${extension}) has to be transformed, and Node.js only strips types`;
  return { ...advice(said, `keep JSX out of what tasks import, ${TSX}`), file };
}

function notFound(message: string): Advice | null {
  const said =
    /^(?:Cannot find (?<kind>module|package)|Directory import) '(?<name>.+?)'.* from (?<file>.+)$/;
  const { kind, name, file } = said.exec(message)?.groups ?? {};
  if (name === undefined || file === undefined) return null;
  const from = dirname(file);
  const plain: Advice = { message: firstLine(message), hint: null, file, mark: basename(name) };
  if (kind === "package") {
    if (!isAlias(name, file)) return plain;
    const hint = `write it as a path, or give it a name by \`imports\` in package.json (#lib/*), ${TSX}`;
    const why = `${name} is a path of tsconfig.json, which Node.js does not read`;
    return { ...advice(why, hint), file, mark: name };
  }
  const there = whatIsMeant(name);
  if (there === null) return plain;
  const [asked, found] = [name, there].map((path) => specifierOf(relative(from, path)));
  const missing = `there is no ${asked}: Node.js takes imports as they are written`;
  return { ...advice(missing, `write "${found}", ${TSX}`), file, mark: asked ?? null };
}

function specifierOf(path: string): string {
  return path.startsWith(".") ? path : `./${path}`;
}

/** The file that another tool would have taken, if there is one. */
function whatIsMeant(path: string): string | null {
  const stem = path.slice(0, path.length - extname(path).length);
  const bases = /\.[mc]?js$/.test(path) ? [stem] : [path, join(path, "index")];
  const names = bases.flatMap((base) =>
    [".ts", ".mts", ".tsx", ".js", ".mjs"].map((ext) => base + ext),
  );
  return names.find((name) => existsSync(name)) ?? null;
}

/** Whether a tsconfig.json above the file has a path that this could be the beginning of. */
function isAlias(name: string, file: string): boolean {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const config = join(folder, "tsconfig.json");
    if (existsSync(config)) {
      const keys = readFileSync(config, "utf8").matchAll(/"([^"\n]+)"\s*:\s*\[/g);
      if ([...keys].some(([, key = ""]) => matches(name, key))) return true;
    }
    if (folder === dirname(folder)) return /^[@~]\//.test(name);
  }
}

function matches(name: string, key: string): boolean {
  const [prefix = "", rest] = key.split("*", 2);
  return rest === undefined ? name === key : prefix !== "" && `${name}/`.startsWith(prefix);
}

export function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}

function advice(message: string, hint: string): Advice {
  return { message, hint, file: null, mark: null };
}
