import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

export const ROOT: string = join(import.meta.dirname, "..");

/** How a block is treated: the comment above it, `<!-- run -->`, says so. */
type Mark =
  | { readonly kind: "none" }
  /** Written into the page's project under this path. */
  | { readonly kind: "file"; readonly path: string }
  /** Carried out in the page's project, where it must exit so. */
  | { readonly kind: "run"; readonly exit: number }
  /** Started in the page's project, in place of the node before; stopped when the page ends. */
  | { readonly kind: "node" };

export interface Block {
  /** `docs/policies.md:12` */
  readonly place: string;
  readonly language: string;
  readonly text: string;
  readonly mark: Mark;
}

export interface Page {
  /** From the root. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
}

/** Every page of documentation. */
export function readPages(): Page[] {
  const paths = globSync(["*.md", "docs/**/*.md", "packages/*/README.md"], { cwd: ROOT }).sort();
  return paths.map((path) => {
    const text = readFileSync(join(ROOT, path), "utf8");
    return { path, text, blocks: blocksOf(path, text) };
  });
}

function blocksOf(path: string, text: string): Block[] {
  const lines = text.split("\n");
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at++) {
    const [, indent, language] = /^( *)```(\w+)$/.exec(lines[at] ?? "") ?? [];
    if (indent === undefined || language === undefined) continue;
    const end = lines.indexOf(`${indent}\`\`\``, at);
    if (end < 0) throw new Error(`${path}:${at + 1}: the block does not end`);
    const inner = lines.slice(at + 1, end).map((line) => line.slice(indent.length));
    const place = `${path}:${at + 1}`;
    blocks.push({
      place,
      language,
      text: `${inner.join("\n")}\n`,
      mark: readMark(place, lines[at - 1]),
    });
    at = end;
  }
  return blocks;
}

function readMark(place: string, line = ""): Mark {
  const [, word, rest = ""] = /^ *<!-- (\w+):? ?(.*?) ?-->$/.exec(line) ?? [];
  if (word === undefined) return { kind: "none" };
  if (word === "file") return { kind: "file", path: rest };
  if (word === "node") return { kind: "node" };
  const [, exit = "0"] = /^exit (\d+)$/.exec(rest) ?? [];
  if (word === "run") return { kind: "run", exit: Number(exit) };
  throw new Error(`${place}: there is no mark "${word}"`);
}

/** Where the relative links of a page lead: a file, and the heading in it that is meant. */
export function linksOf({ path, text }: Page): { file: string; heading: string; link: string }[] {
  const prose = text.replace(/^( *)```[\s\S]*?^\1```$/gm, "").replace(/`[^`\n]*`/g, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = ""]) => {
    if (/^[a-z]+:/.test(link)) return [];
    const [file = "", heading = ""] = link.split("#");
    const target = file === "" ? path : relative(ROOT, resolve(ROOT, dirname(path), file));
    return [{ file: target, heading, link }];
  });
}

/** The names by which headings are linked to. */
export function headingsOf(text: string): Set<string> {
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}
